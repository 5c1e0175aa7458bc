"""The values that the parts of posecheck exchange.

Every time is ``t_s``: seconds since the source began. Every angle ends in ``_deg``,
every image coordinate in ``_px`` (x to the right, y down, origin at the top left
corner), every body coordinate in ``_m``. Missing numbers are NaN. All values are immutable and
independent of OpenCV, MediaPipe and any frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX, LANDMARKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

MICROSECONDS: Final = 1_000_000
"""Microseconds in a second; the hold counter adds whole microseconds, so sums are exact."""


class Side(StrEnum):
    """The side a hold belongs to: the leg that is stretched (the person's own left)."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"

    @property
    def other(self) -> Side:
        """The opposite side; BOTH is its own opposite."""
        return _OPPOSITE[self]


_OPPOSITE: Final = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.BOTH: Side.BOTH}


class SideKnown(StrEnum):
    """Evidence for the stretched side.

    GIVEN: it was asked for by the plan, by ``--side`` or by a person. SEEN: it was seen in the
    frames. UNKNOWN: one leg is stretched and the two could not be told apart; the side given with
    it is then only assumed, from the camera's view.
    """

    GIVEN = "given"
    SEEN = "seen"
    UNKNOWN = "unknown"


def leg_of(side: Side, known: SideKnown) -> str:
    """Return the stretched leg in words; an assumed side is not named."""
    if side is Side.BOTH:
        return "both legs"
    return "one leg, not told apart" if known is SideKnown.UNKNOWN else f"{side} leg"


class State(StrEnum):
    """State of a moment; there is no fourth one."""

    VALID = "valid"
    WRONG = "wrong"
    UNSEEN = "unseen"


class CrossingState(StrEnum):
    """State of crossed legs; see `posecheck.measure.crossing`."""

    UNKNOWN = "unknown"
    DOWN = "down"
    CROSSED = "crossed"
    MUTED = "muted"


class Evidence(StrEnum):
    """Evidence of one frame about crossed legs."""

    YES = "yes"
    NO = "no"
    NONE = "none"


class Cause(StrEnum):
    """Cause for which a moment is not valid."""

    RULE = "rule"
    NOBODY = "nobody"
    ANOTHER_PERSON = "another-person"
    TOO_FAR = "too-far"
    CUT_OFF = "cut-off"
    HIDDEN = "hidden"
    VIEW = "view"
    LEGS_MIXED = "legs-mixed"
    GAP = "gap"
    DARK = "dark"
    REPEATED = "repeated"
    SIDE_CHANGE = "side-change"
    CROSSING = "crossing"
    CAMERA_MOVED = "camera-moved"
    IN_THE_WAY = "in-the-way"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a source.

    Attributes:
        t_s: seconds since the source began.
        image_bgr: (height, width, 3) uint8, blue-green-red, C-contiguous.
        repeated: whether a recording shows the same frame for longer than a camera may.
    """

    t_s: float
    image_bgr: NDArray[np.uint8]
    repeated: bool = False

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.image_bgr.shape[:2]
        return width, height


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """The landmarks of one person in one frame, in the order of ``LANDMARKS``.

    Attributes:
        image_px: (33, 3) float32; x right, y down in pixels; z is the model's depth in
            the scale of x, negative toward the camera, zero at the hips.
        world_m: (33, 3) float32; metres from the middle of the hips, axes along the
            camera's: x right, y down, z away from the camera.
        visibility: (33,) float32 in [0, 1]; the model's guess that the landmark is not hidden.
        presence: (33,) float32 in [0, 1]; the model's guess that it lies in the image.
    """

    image_px: NDArray[np.float32]
    world_m: NDArray[np.float32]
    visibility: NDArray[np.float32]
    presence: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuse arrays of another shape or kind.

        Raises:
            ValueError: with the wanted and the actual shape.
        """
        count = len(LANDMARKS)
        wanted = {
            "image_px": (count, 3),
            "world_m": (count, 3),
            "visibility": (count,),
            "presence": (count,),
        }
        for name, shape in wanted.items():
            actual = np.shape(getattr(self, name))
            if actual != shape:
                message = f"{name} must have the shape {shape}, not {actual}"
                raise ValueError(message)
            array = getattr(self, name)
            if array.dtype != np.float32 or not array.flags.c_contiguous:
                message = f"{name} must be contiguous float32, not {array.dtype}"
                raise ValueError(message)

    def point_px(self, landmark: str) -> tuple[float, float]:
        """Return x and y of a landmark in pixels."""
        x, y, _ = self.image_px[INDEX[landmark]]
        return float(x), float(y)

    def same_as(self, other: Pose) -> bool:
        """Whether every number equals the other pose's, NaN equal to NaN."""
        return all(
            np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True)
            for name in ("image_px", "world_m", "visibility", "presence")
        )


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Observation at one time: a pose, or no person (absence is recorded, too).

    Attributes:
        t_s: seconds since the source began.
        frame_size_px: width and height of the image.
        pose: the person's landmarks; None if no person was found.
        dark: whether no person was found because the image is black.
        repeated: as of the frame; a repeated frame does not show whether a body holds still.
        moved: whether the camera itself was moving; only live sessions notice that.
        disturbed: whether somebody who passes is at the person's legs, or was just before, so that
            the model may have taken one for the other; see `posecheck.pose.passers`.
    """

    t_s: float
    frame_size_px: tuple[int, int]
    pose: Pose | None
    dark: bool = False
    repeated: bool = False
    moved: bool = False
    disturbed: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Reason for which a moment is wrong or unseen.

    Attributes:
        cause: the kind of reason.
        rule: the rule that is broken or could not be judged; None if no rule is concerned.
        cue: instruction, one sentence.
        landmark: the landmark that is hidden or cut off; None otherwise.
    """

    cause: Cause
    cue: str
    rule: str | None = None
    landmark: str | None = None

    @property
    def key(self) -> str:
        """A short name: the rule if one is broken, the cause otherwise."""
        return self.rule if self.cause is Cause.RULE and self.rule else str(self.cause)


@dataclass(frozen=True, slots=True)
class Crossing:
    """State of crossed legs at one moment, and its evidence.

    Attributes:
        state: unknown, down, crossed or muted.
        evidence: evidence of the frame itself: yes, no or none.
        yes_s: time of the last evidence for crossed legs; None if there was none.
    """

    state: CrossingState
    evidence: Evidence
    yes_s: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One rule applied to one moment.

    Attributes:
        rule: name of the rule.
        side: the body side that was measured; None for the trunk and for the pair of legs.
        value: the quantity in the rule's unit; NaN if it is not defined.
        state: valid within the limits, wrong outside, unseen if it can't be judged.
        excess: distance of the value (with look-ahead, if the rule has it) beyond the limit that
            must be reached, in the rule's unit; 0 when valid, NaN when unseen.
        required: whether the rule decides about the verdict (otherwise it is advice).
        reason: the reason for wrong or unseen; None when valid.
        crossing: for a rule that is judged as an event: the evidence; None for others.
    """

    rule: str
    side: Side | None
    value: float
    state: State
    excess: float
    required: bool
    reason: Reason | None
    crossing: Crossing | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict on one moment, for one stretched side.

    Attributes:
        state: valid, wrong or unseen.
        side: the stretched side that was judged.
        reason: the reason that counts, None only when valid.
        readings: every rule's reading, in the order of the exercise.
        side_known: how the side is known; if unknown, ``side`` is only assumed.
    """

    state: State
    side: Side
    reason: Reason | None
    readings: tuple[Reading, ...] = ()
    side_known: SideKnown = SideKnown.SEEN

    @property
    def leg(self) -> str:
        """The stretched leg in words."""
        return leg_of(self.side, self.side_known)

    @property
    def advice(self) -> tuple[Reading, ...]:
        """Advisory rules that are broken."""
        return tuple(r for r in self.readings if not r.required and r.state is State.WRONG)


@dataclass(frozen=True, slots=True)
class Asked:
    """Side asked for, and from when on; a live session has one for each change.

    Attributes:
        t_s: the first frame that it applies to, seconds since the source began.
        side: the side asked for.
        unless_seen: whether the leg that is seen to rise from rest comes before it, where no rule
            names a leg; False in sessions that were recorded before there was this.
    """

    t_s: float
    side: Side
    unless_seen: bool = False


class Topic(StrEnum):
    """Subject of a person's statement at the end of a live session."""

    PAIN = "pain"
    ENDED_EARLY = "ended-early"


class EarlyEnd(StrEnum):
    """Cause for which a person ended a live session early, in the person's word."""

    PAIN = "pain"
    TIRED = "tired"
    OTHER = "other"


MOST_PAIN: Final = 10
"""Largest number on the scale of pain, which begins at 0 (numeric rating scale)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's own answer to a question of a live session; nothing is measured or judged by it.

    Attributes:
        t_s: time of the answer, seconds since the source began.
        about: subject of the question.
        value: pain as a whole number from 0 to `MOST_PAIN`, or the cause of an early end.
    """

    t_s: float
    about: Topic
    value: int | EarlyEnd

    def __post_init__(self) -> None:
        """Refuse an answer that the question does not offer.

        Raises:
            ValueError: with the answer.
        """
        if self.about is Topic.PAIN:
            fits = type(self.value) is int and 0 <= self.value <= MOST_PAIN
        else:
            fits = isinstance(self.value, EarlyEnd)
        if not fits:
            message = f"{self.value!r} is no answer about {self.about}"
            raise ValueError(message)
