"""Live sessions: a person stretches in front of a camera and touches nothing.

`session` opens and closes everything, `loop` runs it, `workers` hold the threads of the pose model
and of the video recording, `sound` plays and speaks. What to say next is decided in `coach`.
"""
