"""Thousands of recordings: files, folders or a table in, one session each and two tables out.

dask.distributed gives the work to processes of this machine or to any cluster that exists.

`recordings` finds the recordings, `work` analyses one of them (or judges a stored session again),
`isolated` does that in a process of its own, so that a file which crashes or blocks it fails alone,
`store` keeps the results in the output folder, `run` hands out the work, `tables` writes
recordings.parquet, holds.parquet and the same as CSV, and `result` sums up what these hold. A
result counts once its file is there, whole, under its final name; everything before that has
another name. What is not finished when a process is killed is done again, and only that.
"""
