"""What a live session asks for, shows and says next.

Pure: times and verdicts go in, a `ViewState` and sentences come out; nothing is drawn or played.
"""
