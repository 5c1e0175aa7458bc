"""Let these tests import ``media`` and share its fixtures, wherever pytest is started."""

import sys
from pathlib import Path

_TESTS = str(Path(__file__).parents[1])
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from media import cli, clips, here, no_thread_left  # noqa: E402 - needs the path above

__all__ = ["cli", "clips", "here", "no_thread_left"]
