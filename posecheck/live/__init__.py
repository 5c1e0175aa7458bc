"""Live sessions: a person stretches in front of a camera without touching the machine.

A plan and a camera go in; a session file and a `Summary` come out. `session` opens and closes all
parts, `loop` runs them, `workers` holds the threads of the pose model and of the video recording,
and `sound` plays tones (`waves`) and words (`voice`). `coach` decides the next instruction. Times
are seconds since the first frame.
"""
