"""The live view: someone stretches in front of a camera and touches nothing.

`routine` and `setup` are pure: times come in, what to show and to say goes out. Only
`sounds`, `voice` and `cautions` touch the machine.
"""
