"""``python -m posecheck`` is the same as ``posecheck``."""

import sys

from posecheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
