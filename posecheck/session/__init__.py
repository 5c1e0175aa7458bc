"""Session files: observations, verdicts and holds, written line by line as they happen.

JSON Lines, UTF-8, one object a line, each with a ``type``:

``header``   first line: schema, versions, model, source, landmark names, the exercise in
             full (null while the best fitting one is still looked for); of a live session
             also the ``plan``: the sides that were asked for, repetitions, seconds of a hold
``exercise`` the exercise, once it is known, if the header could not hold it
``pose``     one frame: time, size and landmarks (null when no person was found)
``asked``    the side that a live session asks for, from the next frame on (only live
             sessions have it; `Judge` needs it to come to the same verdicts again)
``verdict``  the verdict on one frame, with every reading
``hold``     a hold that ended
``not-judged`` a timer that a live session ran instead of judging
``statement`` a person's own answer to a question of a live session
``end``      last line: how the session ended, the ledger in microseconds, warnings

Format 2 added ``asked``. Format 3 added what older readers would refuse or judge otherwise: rules
that name no leg and the exercise's ``judging``, the breaks that end a hold (``timing``), how the
side of a verdict or a hold is known (``side_known``: given, seen or unknown; seen if absent), the
state of crossed legs in a reading (``crossing``), and frames that are black (``dark``) or repeated
(``repeated``). Format 4 added ``not-judged``, ``statement`` and frames in which the camera moved
(``moved``). Format 5 added frames in which somebody who passes is at the person's legs
(``disturbed``). Files of formats 1 to 4 are read and judged as before.

Lines are handed to the operating system at least every quarter second, so that a kill
loses less than the last second. Landmarks are 32-bit floats, written with enough digits to read the
same number back. NaN is written as null.
"""

from posecheck.session.reader import Session, load
from posecheck.session.writer import SCHEMA, Ended, SessionWriter

__all__ = ["SCHEMA", "Ended", "Session", "SessionWriter", "load"]
