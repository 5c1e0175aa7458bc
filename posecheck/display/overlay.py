"""What posecheck sees and thinks, drawn into the picture.

Readable from three metres and without colour: a verdict has a colour, a shape and a
word; the stretched leg, where it is known, is thick with a white core. All sizes follow
the picture's shorter side. Same input, same pixels: an overlay remembers only finished drawings.

A rule's reading as text, and the place in the picture where it belongs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from posecheck import display
from posecheck.display import Rect
from posecheck.landmarks import INDEX, SIDE_BONES, TRUNK_BONES
from posecheck.ledger import tenths
from posecheck.measure.quantities import Unit, resolve
from posecheck.types import CrossingState, Side, SideKnown, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Hold, Ledger, Step
    from posecheck.types import Observation, Pose, Reading, Verdict

    Image = NDArray[np.uint8]
    Point = tuple[float, float]
    Points = list[Point | None]


ARMS: Final = {"hip": ("shoulder", "knee"), "knee": ("hip", "ankle")}
"""The two landmarks beside a joint that its angle lies between."""

MIDDLE: Final = "middle"
"""Stands for left or right where the middle of a pair of landmarks is meant."""

CROSSED: Final = {
    CrossingState.UNKNOWN: "not seen",
    CrossingState.DOWN: "not crossed",
    CrossingState.CROSSED: "crossed",
    CrossingState.MUTED: "uncrossed?",
}
"""What is known of crossed legs, in words."""


def known_side(verdict: Verdict) -> Side | None:
    """Return the stretched side; None where it is only assumed."""
    return None if verdict.side_known is SideKnown.UNKNOWN else verdict.side


def joint_of(rule: Rule, reading: Reading, verdict: Verdict) -> str:
    """Return the landmark at which a reading is written, "left_hip" or "middle_hip".

    A reading of the pair of legs belongs to a leg where that is known, else to the middle.
    """
    joint = rule.measured.joint
    if rule.of != "pair":
        return resolve(joint, reading.side or verdict.side)
    side = known_side(verdict)
    if side is None or side is Side.BOTH:
        return f"{MIDDLE}_{joint.split('_')[1]}"
    return resolve(joint, side)


def place_of(points: Sequence[Point | None], landmark: str) -> Point | None:
    """Return a landmark, or the middle of a pair of them; None if it can't be drawn."""
    whose, part = landmark.split("_", 1)
    if whose != MIDDLE:
        return points[INDEX[landmark]]
    left, right = points[INDEX[f"left_{part}"]], points[INDEX[f"right_{part}"]]
    if left is None or right is None:
        return None
    return (left[0] + right[0]) / 2, (left[1] + right[1]) / 2


def said(rule: Rule, reading: Reading) -> str:
    """Return a value as text, and the limit it must reach when it is broken.

    ``94°``; ``112° > 97°`` is too much, ``52° < 65°`` too little; ``83° rising`` and ``66°
    falling`` will break their limit in a moment, see `Rule.ahead_s`; nothing when unseen.
    Rounded away from the limit, so that a broken limit never reads as met. Crossed legs are
    an event, and are said in words.
    """
    if reading.crossing is not None:
        return CROSSED[reading.crossing.state]
    value, most, least = reading.value, rule.at_most, rule.at_least
    if reading.state is State.UNSEEN or not math.isfinite(value):
        return ""
    scale, form = (1, "{:.0f}°") if rule.unit is Unit.DEG else (100, "{:.2f}")
    if reading.state is State.WRONG and most is not None and value > most.enter:
        return f"{form.format(math.ceil(value * scale) / scale)} > {form.format(most.enter)}"
    if reading.state is State.WRONG and least is not None and value < least.enter:
        return f"{form.format(math.floor(value * scale) / scale)} < {form.format(least.enter)}"
    if reading.state is State.WRONG:
        upper = math.inf if most is None else most.enter - value
        lower = math.inf if least is None else value - least.enter
        return f"{form.format(value)} {'rising' if upper <= lower else 'falling'}"
    return form.format(value)


SURE_VISIBILITY: Final = 0.5
"""A bone is drawn solid when the model gives both its ends at least this visibility."""

_FAR_OUTSIDE: Final = 0.25
"""Landmarks further outside than this share of the picture are guesses: not drawn."""

_LEG: Final = frozenset({"knee", "ankle", "heel", "foot_index"})
_KEPT_CLEAR: Final = [INDEX[f"{s}_{j}"] for s in ("left", "right") for j in ("hip", *_LEG)]
_WORST_FIRST: Final = {State.WRONG: 0, State.UNSEEN: 1, State.VALID: 2}
_MOST_PANELS: Final = 64


class _Bone(NamedTuple):
    """A bone and its look; the width is a share of the picture's shorter side."""

    start: int
    end: int
    colour: display.Colour
    width: float
    core: bool


class Overlay:
    """Draws observations and steps of one exercise into pictures of one size."""

    def __init__(
        self, exercise: Exercise, size_px: tuple[int, int], magnified: float = 1.0
    ) -> None:
        """Prepare everything that does not change.

        Args:
            exercise: what is judged.
            size_px: width and height of the pictures.
            magnified: how much larger than usual everything is drawn.
        """
        self._rules = {rule.name: rule for rule in exercise.rules}
        self._width, self._height = size_px
        self._unit = round(magnified * min(size_px))
        self._margin = self._px(0.02)
        self._bones = {side: _bones(side) for side in (*Side, None)}
        self._marks = {state: display.mark_tile(state, self._px(0.024)) for state in State}
        self._panels: dict[tuple[State, str], tuple[display.Tile, Rect]] = {}
        self._lay_out_strip()
        radius = min(self._px(0.14), max(1, self._unit // 2))
        self._ring = display.HoldRing(radius)
        left = self._width - 2 * radius - self._margin
        top = self._strip.y - 2 * radius - self._margin
        self._ring_box = Rect(max(0, left), max(0, top), 2 * radius, 2 * radius)

    def draw(self, image_bgr: Image, observation: Observation, step: Step) -> Image:
        """Draw into a picture and return it.

        Args:
            image_bgr: (height, width, 3) uint8, C-contiguous, of the overlay's size;
                it is changed.
            observation: what was seen; its points are in pixels of its own frame size.
            step: what is said of it.

        Raises:
            ValueError: if the picture has another shape, type or memory layout.
        """
        shape, flags = (self._height, self._width, 3), image_bgr.flags
        fits = image_bgr.shape == shape and image_bgr.dtype == np.uint8
        if not (fits and flags.c_contiguous and flags.writeable):
            message = (
                f"the picture must be {shape} uint8, C-contiguous and writeable, "
                f"not {image_bgr.shape} {image_bgr.dtype} with {image_bgr.strides}"
            )
            raise ValueError(message)
        tile, box = self._panel(step.verdict)
        self.draw_body(image_bgr, observation, step.verdict, [box, self._ring_box, self._strip])
        display.darken(image_bgr, box)
        tile.stamp(image_bgr, box.x, box.y)
        self._draw_strip(image_bgr, step.t_s, step.ledger)
        self._draw_hold(image_bgr, step.hold)
        return image_bgr

    def draw_body(
        self, image_bgr: Image, observation: Observation, verdict: Verdict, taken: list[Rect]
    ) -> None:
        """Draw only skeleton and judged angles, away from the boxes that are ``taken``."""
        if observation.pose is not None:
            points = self._points(observation.pose, observation.frame_size_px)
            self._draw_bones(image_bgr, points, observation.pose, known_side(verdict))
            self._draw_readings(image_bgr, points, verdict, taken)

    def _px(self, share: float) -> int:
        return max(1, round(share * self._unit))

    def _points(self, pose: Pose, frame_size_px: tuple[int, int]) -> Points:
        """Return every landmark in pixels of the picture; None if it can't be drawn."""
        size = np.array([self._width, self._height], np.float64)
        points = pose.image_px[:, :2] * (size / np.maximum(frame_size_px, 1))
        beyond = _FAR_OUTSIDE * size
        # NaN compares false, so missing landmarks drop out here, too.
        near = np.all((points >= -beyond) & (points <= size + beyond), axis=1).tolist()
        pairs = zip(points.tolist(), near, strict=True)
        return [(x, y) if drawn else None for (x, y), drawn in pairs]

    def _draw_bones(self, image: Image, points: Points, pose: Pose, side: Side | None) -> None:
        sure = (pose.visibility >= SURE_VISIBILITY).tolist()
        halo, thin = 2 * self._px(0.003), self._px(0.004)
        for bone in self._bones[side]:
            start, end = points[bone.start], points[bone.end]
            if start is None or end is None:
                continue
            if not (sure[bone.start] and sure[bone.end]):
                blue, green, red = (channel * 3 // 4 for channel in bone.colour)
                display.draw_line(image, start, end, (blue, green, red), thin)
                continue
            width = self._px(bone.width)
            display.draw_line(image, start, end, display.DARK, width + halo)
            display.draw_line(image, start, end, bone.colour, width)
            if bone.core:
                display.draw_line(image, start, end, display.WHITE, width // 4)

    def _draw_readings(
        self, image: Image, points: Points, verdict: Verdict, taken: list[Rect]
    ) -> None:
        """Write the judged angles at their joints, the most important one of each."""
        shown: dict[str, tuple[Rule, Reading]] = {}
        order = sorted(verdict.readings, key=lambda r: (not r.required, _WORST_FIRST[r.state]))
        for reading in order:
            rule = self._rules.get(reading.rule)
            if rule is None or not rule.measured.joint:
                continue
            if reading.required or reading.state is not State.UNSEEN:
                shown.setdefault(joint_of(rule, reading, verdict), (rule, reading))
        clear = self._px(0.016)
        corners = [points[i] for i in _KEPT_CLEAR] if shown else []
        taken += [
            Rect(int(p[0]) - clear, int(p[1]) - clear, 2 * clear, 2 * clear) for p in corners if p
        ]
        for joint, (rule, reading) in shown.items():
            centre = place_of(points, joint)
            if centre is None:
                continue
            whose, part = joint.split("_")
            # The middle of two knees that may be far apart is no joint: no arc there.
            arms = ARMS[part] if whose != MIDDLE or part == "hip" else ()
            ends = [place_of(points, f"{whose}_{arm}") for arm in arms]
            outward = self._draw_arc(image, centre, ends, reading.state)
            self._draw_label(image, (centre, outward), reading.state, said(rule, reading), taken)

    def _draw_arc(self, image: Image, centre: Point, arms: Points, state: State) -> float:
        """Draw the arc between two arms, if seen; return the angle that points away from it."""
        ends = [arm for arm in arms if arm is not None]
        if len(ends) != 2 or centre in ends:  # noqa: PLR2004 - an angle has two arms
            return -90.0
        first, second = (math.degrees(math.atan2(y - centre[1], x - centre[0])) for x, y in ends)
        sweep = (second - first + 180) % 360 - 180
        if state is not State.UNSEEN:
            radius = min(0.06 * self._unit, *(0.5 * math.dist(centre, end) for end in ends))
            angles, width = (first, first + sweep), self._px(0.007)
            halo = width + 2 * self._px(0.003)
            display.draw_arc(image, centre, radius, angles, display.DARK, halo)
            display.draw_arc(image, centre, radius, angles, display.STATE_COLOURS[state], width)
        return first + sweep / 2 + 180

    def _draw_label(
        self, image: Image, place: tuple[Point, float], state: State, text: str, taken: list[Rect]
    ) -> None:
        size, pad, mark = self._px(0.046), self._px(0.01), self._marks[state]
        side = mark.mask.shape[0]
        width = side + 2 * pad + (display.text_width(text, size) + pad if text else 0)
        box = self._free_box(*place, (width, side + 2 * pad), taken)
        taken.append(box)
        display.darken(image, box)
        mark.stamp(image, box.x + pad, box.y + pad)
        display.put_text(image, text, box.x + side + 2 * pad, box.y + box.height / 2, size)

    def _free_box(
        self, centre: Point, outward: float, size: tuple[int, int], taken: list[Rect]
    ) -> Rect:
        """Return a box beside a joint that covers nothing else, outside the angle if it can."""
        width, height = size
        boxes = []
        for turn in (0, 45, -45, 90, -90, 135, -135, 180):
            angle = math.radians(outward + turn)
            x = centre[0] + math.cos(angle) * (0.045 * self._unit + width / 2)
            y = centre[1] + math.sin(angle) * (0.045 * self._unit + height / 2)
            wanted = Rect(round(x - width / 2), round(y - height / 2), width, height)
            boxes.append(wanted.inside(self._width, self._height))
            if boxes[-1] == wanted and not any(wanted.meets(other) for other in taken):
                return wanted
        return boxes[0]

    def _panel(self, verdict: Verdict) -> tuple[display.Tile, Rect]:
        """Return the verdict's panel and its place: mark, word and what to do."""
        key = (verdict.state, "" if verdict.reason is None else verdict.reason.cue)
        if key not in self._panels:
            if len(self._panels) >= _MOST_PANELS:
                self._panels.clear()
            self._panels[key] = self._new_panel(*key)
        return self._panels[key]

    def _new_panel(self, state: State, cue: str) -> tuple[display.Tile, Rect]:
        gap, radius, word_px = self._px(0.018), self._px(0.05), self._px(0.085)
        # A wide picture has the person in the middle: a narrow panel leaves the face free.
        share = 0.75 if self._width > self._height else 0.95
        room = min(self._width - 2 * self._margin, self._px(share)) - 2 * gap
        lines, cue_px = display.wrapped(cue, self._px(0.052), room) if cue else ((), 1)
        word, word_x = str(state).upper(), 2 * (gap + radius)
        ends = [gap + display.text_width(line, cue_px) for line in lines]
        width = gap + max(word_x + display.text_width(word, word_px), *ends, 0)
        top, spacing = 2 * (gap + radius), round(1.25 * cue_px)

        def paint(image: Image) -> None:
            display.draw_mark(image, state, (gap + radius, gap + radius), radius)
            display.put_text(image, word, word_x, gap + radius, word_px)
            for i, line in enumerate(lines):
                display.put_text(image, line, gap, top + (i + 0.4) * spacing, cue_px)

        height = top + len(lines) * spacing
        return display.tile(width, height, paint), Rect(self._margin, self._margin, width, height)

    def _lay_out_strip(self) -> None:
        """Place the line at the bottom: time and all seconds by verdict."""
        samples = ["00:00.0", *(f"{state} 9999.0" for state in State)]
        size, room = self._px(0.038), self._width
        needed = sum(display.text_width(sample, size) for sample in samples) + 9 * size
        self._strip_px = size = max(1, min(size, size * room // needed))
        self._strip_marks = [display.mark_tile(state, max(1, size // 2)) for state in State]
        self._slots = [size]
        for sample in samples[:-1]:
            step = display.text_width(sample, size) + (2 if len(self._slots) > 1 else 1) * size
            self._slots.append(self._slots[-1] + step)
        height = round(1.7 * size)
        self._strip = Rect(0, self._height - height, self._width, height)

    def _draw_strip(self, image: Image, t_s: float, ledger: Ledger) -> None:
        box, size = self._strip, self._strip_px
        display.darken(image, box)
        middle = box.y + box.height / 2
        display.put_text(image, display.clock(t_s), self._slots[0], middle, size)
        for state, mark, x in zip(State, self._strip_marks, self._slots[1:], strict=True):
            mark.stamp(image, x, round(middle - mark.mask.shape[0] / 2))
            text = f"{state} {tenths(ledger.seconds(state))}"
            display.put_text(image, text, x + 1.3 * size, middle, size)

    def _draw_hold(self, image: Image, hold: Hold | None) -> None:
        share = 0.0 if hold is None else min(1.0, hold.held_us / hold.target_us)
        texts = ("0.0", "")
        if hold is not None:
            apart = hold.side_known is not SideKnown.UNKNOWN
            texts = tenths(hold.held_s), str(hold.side) if apart else "one leg"
        self._ring.draw(image, (self._ring_box.x, self._ring_box.y), share, texts)


def _bones(stretched: Side | None) -> tuple[_Bone, ...]:
    """Return the bones in the order of drawing: trunk, arms, supporting leg, stretched leg.

    Where the stretched leg is not known, both legs look like a supporting one.
    """
    looks = (
        (display.PALE, 0.006, False),
        (display.BLUE, 0.009, False),
        (display.ORANGE, 0.015, True),
    )
    bones = [(0, INDEX[a], INDEX[b]) for a, b in TRUNK_BONES]
    for side in (Side.LEFT, Side.RIGHT):
        leg = 2 if stretched in {side, Side.BOTH} else 1
        for a, b in SIDE_BONES:
            bones.append((leg if b in _LEG else 0, INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"]))
    return tuple(_Bone(a, b, *looks[kind]) for kind, a, b in sorted(bones))
