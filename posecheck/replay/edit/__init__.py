"""Annotating a recorded session: no pixels.

`editor` changes annotations and undoes that, `tracks` holds what is shown over time, `keys` says
what a key does.
"""
