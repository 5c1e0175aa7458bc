"""How well two agree who judged the same session: a person and posecheck, or two people."""
