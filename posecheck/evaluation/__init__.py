"""How far posecheck is from the truth: clips with known truth in, errors out.

``truth``      the joints of a rendered clip, from ``NAME.truth.json``
``labels``     a person's verdicts on a clip, from ``NAME.labels.csv``
``true_form``  true joints and an exercise in, true verdicts out
``account``    verdicts in, intervals and holds out, for truth and tool alike
``score``      raw sums of one or many clips; they add up
``clip_score`` truth and tool of one clip in, its score out
``legs``       angles, rules and swapped legs, frame by frame
``cache``      poses of a clip, inferred once
``run``        all clips of a folder
``variants``   the same pictures mirrored, rolled, smaller, darker, blurred, thinned out
``invariance`` how often the verdict stays in them
``none_shown`` what counts in videos of people who do other things
``figures``    sums to figures, JSON and back
``compare``    figures against earlier ones
``overview``   one table in Markdown, for a README
``report``     tables for a person

Nothing here decides what posecheck says; it only measures it.
"""
