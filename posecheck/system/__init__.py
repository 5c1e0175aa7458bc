"""System access: OpenCV, output files, messages of native libraries, threads.

Nothing here depends on poses. `opencv` is the only module that imports OpenCV; `outputs` finds
names for files that never replace others and captures what native libraries print; `threads` has
the threads, and passes items between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class Closing:
    """Base of everything that a ``with`` statement closes at its end."""

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close it; see the class."""
        raise NotImplementedError
