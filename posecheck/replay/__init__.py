"""Replay of a recorded session: it is shown, judged again, compared, and written as a video.

A session file goes in; a page, a report, annotations or an annotated video come out. The session
file is never written to. `app` serves the page, `desk` holds its state, `rejudge` judges again and
finds the changes, `report` prints them, `footage` reads and writes the video. Times are seconds
since the session began.
"""
