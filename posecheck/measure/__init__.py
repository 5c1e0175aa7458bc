"""Landmarks in, quantities out: lengths, angles, crossed legs, and how far they are off.

Landmarks of N frames are arrays (`body`); each quantity is one function on them that returns (N,)
values, degrees or ratios, NaN where a landmark is missing. `accuracy` holds the measured errors.
"""
