"""Quantities in, verdicts and held seconds out.

`rule_check` judges one side by the rules of an exercise, `sides` decides which side is stretched,
`leg_name` and `leg_swap` which leg is which, `judge` puts them together frame by frame, and `hold`
counts. All of it works on the times of the frames and knows no frame rate.
"""
