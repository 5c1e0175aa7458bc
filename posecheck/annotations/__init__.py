"""What people say of sessions: kept beside them, read from and written to other formats."""

from posecheck.annotations.types import Annotation, Annotations, Recorded

__all__ = ["Annotation", "Annotations", "Recorded"]
