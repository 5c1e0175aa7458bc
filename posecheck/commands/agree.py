"""``posecheck agree``: agreement of people and posecheck on recorded sessions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import complain, put
from posecheck.errors import AnnotationError, PoseCheckError

if TYPE_CHECKING:
    import argparse

    from posecheck.evaluation.agreement import SessionAgreement


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "sessions", nargs="+", type=Path, metavar="SESSION", help="a .posecheck.jsonl file"
    )
    parser.add_argument(
        "--labels",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="annotations of one session: .annotations.json, .csv, .tsv, .txt, .vtt or .eaf; may "
        "be given more than once (default: all beside each session)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compare the raters of each session; return 0 if all sessions could be used, 2 if not."""
    # Loaded here, not above: `posecheck agree --help` needs none of it.
    from posecheck.evaluation import agreement_report
    from posecheck.evaluation.agreement import of_session
    from posecheck.reports.json_line import line

    if arguments.labels and len(arguments.sessions) > 1:
        message = "--labels belongs to one session; put the files beside the sessions instead"
        raise AnnotationError(message)
    found: list[SessionAgreement] = []
    failed = False
    for session in arguments.sessions:
        try:
            found.append(of_session(session, arguments.labels))
        except PoseCheckError as error:
            complain(str(error))
            failed = True
    if arguments.json:
        put(line(agreement_report.as_json(found)), "utf-8")
    elif found:
        put(agreement_report.as_text(found))
    return 2 if failed else 0
