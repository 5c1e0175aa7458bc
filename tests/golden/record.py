"""Records the golden session of the present format: python -m tests.golden.record

Run it from the top of the repository once a format is final and its file is not there yet; a
golden session that exists is never written over.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import posecheck
from posecheck import exercises, session
from posecheck.ledger import NotJudged
from posecheck.pipeline.recorder import Recorder
from posecheck.session import SCHEMA, SessionWriter
from posecheck.types import EarlyEnd, Side, Statement, Topic

CLIP: Final = Path(__file__).parents[2] / "sample_videos" / "supine_figure_four.mp4"
EVERY: Final = 4
"""Of so many pictures one is kept: 3.75 in a second."""

MOVED_S: Final = (4.0, 4.5)
"""The pictures from and until these times are marked as those of a camera that moves."""

DISTURBED_S: Final = (11.0, 11.6)
"""The pictures from and until these times, after form was let go, are marked as disturbed."""

STILL_S: Final = (8.0, 8.5)
"""The pictures from and until these times are marked as those of a recording that stands still."""


def record() -> Path:
    """Analyse the sample clip and write the golden session; return where it is.

    Raises:
        PoseCheckError: if the file is there already.
    """
    exercise = exercises.load("supine-figure-four")
    path = Path(__file__).parent / f"supine-{SCHEMA.rsplit('/', 1)[1]}.posecheck.jsonl"
    with TemporaryDirectory() as folder:
        analysed = posecheck.analyse(CLIP, exercise=exercise, out_dir=Path(folder))
        assert analysed.session is not None
        whole = session.load(analysed.session)
    own = {"type", "schema", "created", "landmarks", "exercise"}
    header = {key: value for key, value in whole.header.items() if key not in own}
    seen = [
        replace(
            observation,
            repeated=STILL_S[0] <= observation.t_s <= STILL_S[1],
            moved=MOVED_S[0] <= observation.t_s <= MOVED_S[1],
            disturbed=DISTURBED_S[0] <= observation.t_s <= DISTURBED_S[1],
        )
        for observation in whole.observations[::EVERY]
    ]
    recorder = Recorder(exercise, None, lambda: SessionWriter(path, header, exercise), lambda _: ())
    recorder.take(seen)
    recorder.note(NotJudged(Side.RIGHT, 1_000_000, 2_000_000, 1_000_000))
    recorder.note(Statement(seen[-1].t_s, Topic.PAIN, 3))
    recorder.note(Statement(seen[-1].t_s, Topic.ENDED_EARLY, EarlyEnd.TIRED))
    recorder.finish("complete")
    recorder.close()
    return path


if __name__ == "__main__":
    print(record())
