"""Evaluation: clips with known truth in, errors of posecheck out.

``truth``            joints of a rendered clip, and the clips of a folder with what is known of each
``true_form``        true joints and an exercise in, true verdicts out
``hold_score``       verdicts in, intervals and holds out, for truth and tool alike; times, holds
``score``            raw sums of one or many clips; they add up
``clip_score``       truth and tool of one clip in, its score out: angles, rules and swapped legs
``confusion``        seconds by the states that two raters give them, and their agreement
``cache``            poses of a clip, inferred once, also of a changed one (mirrored, darker, ...)
``run``              all clips of a folder
``invariance``       share of time with the same verdict in changed clips
``none_shown``       seconds counted in videos of people who do other things
``figures``          sums to figures, JSON and back; figures against earlier ones
``report``           tables for a person, and one in Markdown
``agreement``        two raters of one session: a person and posecheck, or two people
``agreement_report`` the same as text or JSON

Nothing here changes a verdict of posecheck; it only measures verdicts.
"""
