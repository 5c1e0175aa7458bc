"""Coaching of a live session: decides what it asks for, shows and says next.

Times, observations and verdicts go in; a `ViewState` to draw and `AudioCue` to play come out.
Nothing here draws, plays or reads a clock; times are seconds since the first frame.
"""
