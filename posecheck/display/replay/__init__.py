"""How the replay window is drawn; what it shows is decided in `posecheck.replay`.

In: a recorded session, a time and the annotations. Out: an image for the window.
"""
