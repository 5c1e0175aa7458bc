"""Verdicts and holds: observations and an exercise in, verdicts and counted seconds out.

`rule_check` judges one side by the rules of an exercise. `sides` decides which side is stretched,
`leg_name` which leg is crossed, and `leg_swap` detects that the pose model exchanged the legs.
`judge` combines them frame by frame, and `hold` counts the seconds.

Every frame gets one verdict: valid, wrong or unseen, with its reason. Time comes only from the
timestamps of the frames, in seconds since the source began; no frame rate is assumed. "Left" and
"right" are those of the person.
"""
