"""Rules of an exercise file: a quantity, its limits, and the conditions for judging it."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

from posecheck.measure.crossing_evidence import Posture  # noqa: TC001 - pydantic resolves it
from posecheck.measure.quantities import QUANTITIES, Quantity, Unit
from posecheck.types import Side

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Number = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Ahead = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
OffSide = Annotated[float, Field(ge=0, le=90, allow_inf_nan=False)]


class Part(BaseModel):
    """A table of an exercise file: immutable, unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Limit(Part):
    """One limit with its hysteresis, in the unit of the rule's quantity.

    Attributes:
        enter: value that must be reached for the rule to become valid.
        leave: value that must be passed for it to become wrong again.
        cue: instruction when the limit is not met.
        cue_named: the same with the names of the legs, said where they are known; only for
            rules of a pair, whose ``cue`` names no leg.
    """

    enter: Number
    leave: Number
    cue: Text
    cue_named: Text | None = None

    @field_validator("cue", "cue_named")
    @classmethod
    def _placeholders(cls, cue: str | None) -> str | None:
        unknown = set(re.findall(r"\{.*?\}", cue or "")) - {"{stretched}", "{supporting}"}
        if unknown:
            message = f"unknown placeholder {min(unknown)}; use {{stretched}}, {{supporting}}"
            raise ValueError(message)
        return cue


class Visibility(Part):
    """Least visibility of a rule's landmarks, in [0, 1].

    Attributes:
        enter, leave: least visibility to judge the rule, with hysteresis.
        broken: least visibility to judge the rule broken. A limb that lies on another has a low
            visibility at its right place, and also where the model guesses it elsewhere; with this
            value a guess is unseen rather than wrong.
    """

    enter: Share = 0.5
    leave: Share = 0.4
    broken: Share = 0.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.leave > self.enter:
            message = "leave must not lie above enter"
            raise ValueError(message)
        return self


class View(Part):
    """The camera views from which a rule can be judged.

    Attributes:
        off_side_min_deg, off_side_max_deg: range of the view's angle against an exact
            side view, degrees in [0, 90].
        near: the leg that must be on the camera's side.
    """

    off_side_min_deg: OffSide = 0.0
    off_side_max_deg: OffSide = 90.0
    near: Literal["stretched", "supporting", "either"] = "either"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.off_side_min_deg >= self.off_side_max_deg:
            message = "off_side_min_deg must be smaller than off_side_max_deg"
            raise ValueError(message)
        return self


class Rule(Part):
    """One condition of valid form.

    Attributes:
        name: short name, unique in the exercise.
        title: the condition in words.
        step: number of the exercise's step, from 1, that brings the condition about; None if no
            step does. A live session tells by it which step is missing.
        quantity: name of the measured quantity, of ``posecheck.measure.quantities``.
        unit: the quantity's unit, repeated so that the file reads by itself.
        of: part of the body: stretched leg, supporting leg, both legs, the trunk, or the pair of
            legs without a name (what stays the same when left and right exchange names).
        required: whether the verdict depends on it; otherwise it is advice.
        bias: reading minus truth from the recommended view, in the unit; it is subtracted before
            judging and showing. Limits are true values.
        at_most, at_least: the limits; at least one of them.
        ahead_s: seconds of look-ahead, in [0, 1]. A value that gets worse is compared with its
            limit as extrapolated by this time, because landmarks lag behind the body.
        crossing: the posture in which the legs cross. The limits then say what is crossed on
            true joints; from a camera it is judged as an event, see `posecheck.measure.crossing`.
        visibility: least visibility of its landmarks.
        view: the views from which it can be judged.
        source: source of the numbers.
    """

    name: Slug
    title: Text
    step: Annotated[int, Field(ge=1)] | None = None
    quantity: Text
    unit: Unit
    of: Literal["stretched", "supporting", "both", "trunk", "pair"]
    required: StrictBool = True
    bias: Number = 0.0
    at_most: Limit | None = None
    at_least: Limit | None = None
    ahead_s: Ahead = 0.0
    crossing: Posture | None = None
    visibility: Visibility = Visibility()
    view: View = View()
    source: Text

    def beyond(self, above: float, below: float, *, met: bool) -> tuple[float, Limit | None]:
        """Return how far a value lies beyond a limit, and that limit; (0, None) within both.

        The limits have hysteresis: to become met, a value must reach ``enter``; while met, it may
        go up to ``leave``. The distance is that from ``enter``, in the rule's unit.

        Args:
            above: the value that counts for ``at_most``.
            below: the value that counts for ``at_least``; usually the same.
            met: whether the rule was met at the frame before.
        """
        high, low = self.at_most, self.at_least
        if high is not None and above > (high.leave if met else high.enter):
            return above - high.enter, high
        if low is not None and below < (low.leave if met else low.enter):
            return low.enter - below, low
        return 0.0, None

    @property
    def measured(self) -> Quantity:
        """The quantity itself."""
        return QUANTITIES[self.quantity]

    @property
    def wanted(self) -> tuple[str, ...]:
        """Its limits in words, such as "at least 65°"."""
        sign = "°" if self.unit is Unit.DEG else ""
        limits = (("at least", self.at_least), ("at most", self.at_most))
        return tuple(f"{how} {limit.enter:g}{sign}" for how, limit in limits if limit is not None)

    @property
    def speaks_of_one_leg(self) -> bool:
        """Whether the rule is about one of the legs, by its name or by its role."""
        if self.of == "pair":
            return self.crossing is not None or self.measured.exact is not None
        return self.of in {"stretched", "supporting"} or self.view.near != "either"

    def sides(self, stretched: Side) -> tuple[Side, ...]:
        """Return the body sides to measure when ``stretched`` is the stretched side.

        A rule of the pair has one: the stretched side, which only true joints need.
        """
        if self.of == "trunk":
            return (Side.BOTH,)
        if self.of == "pair":
            return (stretched,)
        if self.of == "both" or stretched is Side.BOTH:
            return (Side.LEFT, Side.RIGHT)
        return (stretched,) if self.of == "stretched" else (stretched.other,)

    @field_validator("quantity")
    @classmethod
    def _known(cls, quantity: str) -> str:
        if quantity not in QUANTITIES:
            message = f"unknown quantity {quantity!r}; known are {', '.join(QUANTITIES)}"
            raise ValueError(message)
        return quantity

    @field_validator("at_most")
    @classmethod
    def _leave_above(cls, limit: Limit | None) -> Limit | None:
        if limit is not None and limit.leave < limit.enter:
            message = "leave must not lie below enter"
            raise ValueError(message)
        return limit

    @field_validator("at_least")
    @classmethod
    def _leave_below(cls, limit: Limit | None) -> Limit | None:
        if limit is not None and limit.leave > limit.enter:
            message = "leave must not lie above enter"
            raise ValueError(message)
        return limit

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._quantity_problems(), *self._limit_problems(), *self._cue_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _quantity_problems(self) -> list[str]:
        quantity, problems = self.measured, []
        if quantity.unit != self.unit:
            problems.append(f"{self.quantity} is measured in {quantity.unit}, not {self.unit}")
        if quantity.kind != (self.of if self.of in {"trunk", "pair"} else "leg"):
            wanted = "of = a leg or both" if quantity.kind == "leg" else f'of = "{quantity.kind}"'
            problems.append(f"{self.quantity} needs {wanted}")
        if self.of == "pair" and self.view.near != "either":
            problems.append('view.near names a leg, but of = "pair" has none')
        if self.crossing is not None and self.of != "pair":
            problems.append('crossing needs of = "pair"')
        return problems

    def _cue_problems(self) -> list[str]:
        """Return the problems of cues: those of a pair name no leg, others have one cue."""
        limits = [limit for limit in (self.at_most, self.at_least) if limit is not None]
        if self.of != "pair":
            named = any(limit.cue_named is not None for limit in limits)
            return ['cue_named needs of = "pair"'] if named else []
        if any("{" in limit.cue for limit in limits):
            return ["cue names a leg, which may not be known; use cue_named for that"]
        return []

    def _limit_problems(self) -> list[str]:
        low, high = self.at_least, self.at_most
        problems = []
        if low is None and high is None:
            problems.append("needs at_least or at_most")
        if low is not None and high is not None and low.enter >= high.enter:
            problems.append("at_least.enter must lie below at_most.enter")
        return problems
