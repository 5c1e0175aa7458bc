"""System access: OpenCV, output files, messages of native libraries, threads.

Nothing here depends on poses. `opencv` is the only module that imports OpenCV; `outputs` finds
names for files that never replace others and captures what native libraries print; `threads` passes
the newest item between threads.
"""
