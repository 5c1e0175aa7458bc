"""What holds for all tests."""

from hypothesis import settings

# A busy machine is slow and not wrong: no example fails because it took long.
settings.register_profile("posecheck", deadline=None)
settings.load_profile("posecheck")
