"""The one path that live sessions, files and replay share.

`observe` turns frames into observations, `recorder` judges and keeps them, `analyse` does so for a
file, `playback` reads a session again, `measuring` reads quantities over time.
"""
