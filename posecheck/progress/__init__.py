"""Results of sessions, one by one and over weeks.

Session files go in; a `SessionResult` of each comes out, and from many of them the days, weeks and
sides of a `FolderProgress`. Nothing is judged here: the verdicts are those that the session holds,
counted again by `posecheck.form.hold`. The index of a folder can be made again from its sessions at
any time and is never the only copy of anything.
"""
