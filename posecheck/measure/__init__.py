"""What every quantity reads over time, for somebody who chooses the limits of an exercise.

`columns` turns observations into columns of numbers and sums them up over parts of the
recording; `report` shows that as text, JSON and CSV, `picture` as curves.
"""
