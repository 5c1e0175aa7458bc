"""Editing of annotations and the state of the player, without drawing.

Keys, times and annotations go in, new immutable values come out. `editor` changes annotations with
undo, `tracks` holds the columns over time and the player, `keys` is the table of keys. Times are
seconds since the session began.
"""
