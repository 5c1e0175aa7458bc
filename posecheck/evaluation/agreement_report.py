"""Agreement as text for the terminal, or as one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from posecheck.errors import shown
from posecheck.evaluation.agreement import over_all, spread_over
from posecheck.evaluation.confusion import STATES, THERAPISTS, in_words, rounded_down
from posecheck.reports.json_line import facts
from posecheck.reports.text import laid_out, longest, number, percent, table, warned
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from posecheck.evaluation.agreement import Agreement, SessionAgreement
    from posecheck.evaluation.confusion import Spread

SCHEMA: Final = "posecheck.agreement/1"

MOST_SPANS: Final = 5
"""Largest number of disagreements listed for each person; the JSON has all."""

_NOTE: Final = (
    "Raw agreement is the share of the time with the same state; kappa: 1 is full agreement, 0 "
    f"what chance gives. {THERAPISTS}. Neighbouring moments are alike, so intervals are drawn "
    "over people, not over moments."
)


def as_text(sessions: Sequence[SessionAgreement]) -> str:
    """Return agreements as text that ends in a newline."""
    return laid_out(_parts(sessions))


def as_json(sessions: Sequence[SessionAgreement]) -> dict[str, Any]:
    """Return agreements in JSON types; all times in seconds, null for a figure without data."""
    return {
        "schema": SCHEMA,
        "sessions": [
            {
                "session": shown(session.path),
                "exercise": session.exercise,
                "pairs": [_pair_dict(pair) for pair in session.pairs],
                "disagreements": [
                    {
                        "person": name,
                        "start_s": span.start_s,
                        "end_s": span.end_s,
                        "posecheck_person": span.what,
                    }
                    for name, spans in session.disagreements.items()
                    for span in spans
                ],
                "problems": list(session.problems),
            }
            for session in sessions
        ],
        "pooled": [
            {
                **_pair_dict(pair),
                "interval_95_percent_over_people": _spread_dict(
                    spread_over(sessions, with_machine=pair.with_machine)
                ),
            }
            for pair in over_all(sessions)
        ],
    }


def _parts(sessions: Sequence[SessionAgreement]) -> Iterator[RenderableType]:
    for session in sessions:
        yield Text(f"\n{shown(session.path.name)}: {session.exercise}", "bold", no_wrap=True)
        for problem in session.problems:
            yield warned(problem)
        for pair in session.pairs:
            yield _confusion(pair)
            yield _figures(pair)
        for name, spans in session.disagreements.items():
            if spans:
                listed = longest(spans, MOST_SPANS, " s")
                yield Text(f" posecheck / {name} differ at: {listed}")
    if len(sessions) > 1:
        yield Text(f"\nAll {len(sessions)} sessions together", "bold")
        for pair in over_all(sessions):
            yield _confusion(pair)
            yield _figures(pair, spread_over(sessions, with_machine=pair.with_machine))
    yield Text(f"\n{_NOTE}{_lacking(sessions)}", "dim")


def _lacking(sessions: Sequence[SessionAgreement]) -> str:
    """Return the reason why there is no interval; empty if there is one."""
    if spread_over(sessions, with_machine=True) is not None:
        return ""
    if len(sessions) < len((0, 1)):
        return " With one person no interval can be given."
    return (
        " No interval can be given: sessions of one folder count as one person's. Put those of "
        "each person into a folder of their own."
    )


def _confusion(pair: Agreement) -> RenderableType:
    columns = [f"{pair.second}: {state} s" for state in STATES]
    made = table(f"{pair.first} and {pair.second}, seconds", "", *columns)
    for state in STATES:
        cells = [f"{pair.confusion.us(state, other) / MICROSECONDS:.1f}" for other in STATES]
        made.add_row(Text(f"{pair.first}: {state}"), *cells)
    return made


def _figures(pair: Agreement, found: Spread | None = None) -> RenderableType:
    confusion, holds = pair.confusion, pair.holds
    rows = Table(box=None, show_header=False, pad_edge=True)
    raw, kappa = rounded_down(confusion.share), rounded_down(confusion.kappa)
    if found is not None:
        raw, kappa = in_words(confusion.share, confusion.kappa, found)
    rows.add_row("raw agreement", f"{raw}, of {_seconds(confusion.total_us)}")
    if pair.left_out_us:
        rows.add_row("not annotated", _seconds(pair.left_out_us))
    rows.add_row("kappa", kappa)
    if pair.both_wrong_us:
        share = percent(pair.same_rule_us, pair.both_wrong_us)
        named = f"{share} % of {_seconds(pair.both_wrong_us)} that both call wrong"
        rows.add_row("same rule", named)
    rows.add_row(Text(f"valid only for {pair.second}"), _seconds(confusion.false_valid_us))
    rows.add_row(Text(f"valid only for {pair.first}"), _seconds(confusion.missed_valid_us))
    if holds.seconds.count:
        off = (
            f"{number(holds.seconds.bias, 2)} s in the mean of {holds.seconds.count}, median "
            f"{number(holds.median_per_10_s, 2)} s per 10 s"
        )
        rows.add_row("hold time off by", off)
    complete = (
        f"{holds.complete_found} found, {holds.complete_missed} missed, "
        f"{holds.complete_invented} invented"
    )
    rows.add_row("complete holds", complete)
    if holds.left_out:
        rows.add_row("holds left out", f"{holds.left_out}: time beside them is not annotated")
    return rows


def _seconds(duration_us: int) -> str:
    return f"{duration_us / MICROSECONDS:.1f} s"


def _spread_dict(found: Spread | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"people": found.people, "agreed_share": found.share, "kappa": found.kappa}


def _pair_dict(pair: Agreement) -> dict[str, Any]:
    confusion, holds = pair.confusion, pair.holds
    return {
        "first": pair.first,
        "second": pair.second,
        "confusion_s": {
            str(a): {str(b): confusion.us(a, b) / MICROSECONDS for b in STATES} for a in STATES
        },
        "scored_s": confusion.total_us / MICROSECONDS,
        "left_out_s": pair.left_out_us / MICROSECONDS,
        "agreed_share": confusion.share,
        "kappa": confusion.kappa,
        "false_valid_s": confusion.false_valid_us / MICROSECONDS,
        "missed_valid_s": confusion.missed_valid_us / MICROSECONDS,
        "both_wrong_named_s": pair.both_wrong_us / MICROSECONDS,
        "same_rule_s": pair.same_rule_us / MICROSECONDS,
        "holds": {
            "first": holds.seconds.count,
            "error_mean_s": holds.seconds.bias,
            "error_mean_abs_s": holds.seconds.mean_abs,
            "error_median_s_per_10_s": holds.median_per_10_s,
            "error_p90_s_per_10_s": holds.p90_per_10_s,
            **facts(holds, "complete_found complete_missed complete_invented left_out"),
        },
    }
