"""What people say of sessions: kept beside them, read from and written to other formats."""

from posecheck.annotations.types import Annotation, Annotations

__all__ = ["Annotation", "Annotations"]
