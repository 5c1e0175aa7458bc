"""Quantities: landmarks in; angles, ratios and the state of crossed legs out.

The landmarks of N frames are arrays (`body`). Each quantity is one pure function on them that
returns (N,) values in degrees or as a ratio, NaN where a landmark is missing. Image coordinates are
pixels, x right, y down; body coordinates are metres, x right, y down, z away from the camera.
`crossing` follows the crossing of the legs over time, and `accuracy` holds the measured errors.
"""
