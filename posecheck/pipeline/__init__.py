"""The path from frames to a session, shared by live sessions, files and replay.

A source of frames and an exercise go in; observations, steps, a session file and a `Summary` come
out. `observe` turns frames into observations, `recorder` judges and stores them, `analyse` does
both for a file, `playback` reads a session again, and `measuring` computes quantities over time.
All times are seconds since the source began.
"""
