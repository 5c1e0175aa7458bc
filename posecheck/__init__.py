"""posecheck: counts the seconds of a stretch that are held in valid form.

The same work from Python::

    import posecheck

    summary = posecheck.analyse("stretch.mp4", exercise="supine-figure-four")
    print(summary.ledger.seconds(posecheck.State.VALID))

Importing this package loads neither OpenCV nor MediaPipe; `analyse` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from posecheck.errors import PoseCheckError
    from posecheck.ledger import Fault, Hold, Ledger
    from posecheck.pipeline.analyse import analyse
    from posecheck.pipeline.recorder import Summary
    from posecheck.types import Side, SideKnown, State, Verdict

__version__ = "0.1.0"

__all__ = [
    "Fault",
    "Hold",
    "Ledger",
    "PoseCheckError",
    "Side",
    "SideKnown",
    "State",
    "Summary",
    "Verdict",
    "__version__",
    "analyse",
]

_HOMES: Final = {
    "analyse": "posecheck.pipeline.analyse",
    "PoseCheckError": "posecheck.errors",
    "Summary": "posecheck.pipeline.recorder",
    "Fault": "posecheck.ledger",
    "Hold": "posecheck.ledger",
    "Ledger": "posecheck.ledger",
    "Side": "posecheck.types",
    "SideKnown": "posecheck.types",
    "State": "posecheck.types",
    "Verdict": "posecheck.types",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name when it is first used (PEP 562), so that imports stay cheap."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, also those not loaded yet."""
    return sorted(__all__)
