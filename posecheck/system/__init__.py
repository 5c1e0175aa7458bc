"""The machine: OpenCV, output files, messages of native libraries, threads.

Nothing here knows of poses. `opencv` is the one door to OpenCV; `outputs` writes files that never
replace others and holds back what libraries print; `threads` hands the newest item on.
"""
