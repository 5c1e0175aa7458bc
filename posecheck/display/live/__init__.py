"""How the live window is drawn; what it shows is decided in `posecheck.live.coach`.

In: a `ViewState`, the newest frame and its verdict. Out: an image for the window.
"""
