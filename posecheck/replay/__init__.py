"""A recorded session again: shown, judged anew, compared, written as a video.

`app` runs the window, `desk` holds its state, `rejudge` judges again and says what changed,
`report` prints it, `footage` reads and writes the video.
"""
