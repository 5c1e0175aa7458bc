"""What an exercise file holds, and every check on it.

The schema is strict: unknown keys, wrong units, limits the wrong way round and rules
about quantities that do not exist are all refused, and all problems are reported at
once, each with its place.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from posecheck.crossing import Posture
from posecheck.exercises.rules import Part, Rule, Slug, Text
from posecheck.types import Side

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class Sourced(Part):
    """A statement and where it comes from."""

    text: Text
    source: Text


class Camera(Part):
    """Where to put the camera.

    Attributes:
        text: one sentence for the person.
        near: the side of the body that should face the camera.
    """

    text: Text
    near: Literal["stretched", "supporting", "either"] = "either"


class Dose(Part):
    """How long and how often; the article's dose is never changed silently.

    Attributes:
        hold_s: seconds of valid form that complete a hold.
        repetitions: complete holds on each side.
        note: what else is known about the dose.
        source: where hold and repetitions come from.
    """

    hold_s: Seconds
    repetitions: Annotated[int, Field(ge=1, le=100)]
    note: Text
    source: Text


class Timing(Part):
    """How the hold counter treats breaks and gaps.

    Attributes:
        grace_s: a break shorter than this does not end a hold (and is not counted); at
            most 1.5, so that another person always ends it.
        max_gap_s: a longer time without a picture is unseen; at most 1, because nobody
            knows what happened in it.
    """

    grace_s: Annotated[float, Field(ge=0, le=1.5, allow_inf_nan=False)] = 0.5
    max_gap_s: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.5


class Exercise(Part):
    """A stretch: how to do it, for whom it is wrong, and what valid form means.

    Attributes:
        name: short name, also the file's.
        judging: which rules of precedence hold. 2: a required rule that is broken makes the
            moment wrong, also when another can't be seen; somebody is too far away by the
            size of the body. 1, for sessions recorded before: a required rule that can't be
            seen makes the moment unseen; too far away by the box around the body.
        title: the name a person knows.
        summary: what it is, one or two sentences.
        position: the starting position.
        sides: "each" if one leg is stretched at a time, "both" if there is no side.
        feet_start_together: whether it begins with both feet side by side, and one leg then
            leaves first. It lets posecheck notice that the model takes one leg for the other.
        steps: how to get there, in order.
        camera: where to put the camera.
        dose: hold time and repetitions.
        muscles: what is stretched or worked.
        cautions: who should not do it, or only after asking, with sources.
        timing: breaks and gaps.
        rules: what valid form means; the first broken one is the reason that is shown.
    """

    name: Slug
    judging: Literal[1, 2] = 1
    title: Text
    summary: Text
    position: Text
    sides: Literal["each", "both"] = "each"
    feet_start_together: bool = False
    steps: Annotated[tuple[Text, ...], Field(min_length=1)]
    camera: Camera
    dose: Dose
    muscles: Annotated[tuple[Text, ...], Field(min_length=1)]
    cautions: Annotated[tuple[Sourced, ...], Field(min_length=1)]
    timing: Timing = Timing()
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    def rule(self, name: str) -> Rule:
        """Return a rule by name.

        Raises:
            KeyError: if there is none.
        """
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise KeyError(name)

    @property
    def candidate_sides(self) -> tuple[Side, ...]:
        """The stretched sides that are possible."""
        return (Side.BOTH,) if self.sides == "both" else (Side.LEFT, Side.RIGHT)

    @property
    def names_a_leg(self) -> bool:
        """Whether a rule measures one named leg; if not, no leg needs a name to be judged."""
        named = {"stretched", "supporting"}
        return self.judging == 1 or any(rule.of in named for rule in self.rules)

    @property
    def crossing(self) -> Posture | None:
        """The posture in which the legs cross; None if they don't."""
        return next((rule.crossing for rule in self.rules if rule.crossing is not None), None)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        problems = [f"two rules are called {name!r}" for name in twice]
        if len({rule.crossing for rule in self.rules} - {None}) > 1:
            problems.append("the legs cross in one posture only")
        if not any(rule.required for rule in self.rules):
            problems.append("at least one rule must be required")
        if self.sides == "both":
            problems += [
                f"rule {rule.name!r} speaks of one leg, but sides is 'both'"
                for rule in self.rules
                if rule.of in {"stretched", "supporting"} or rule.view.near != "either"
            ]
        if problems:
            raise ValueError("; ".join(problems))
        return self
