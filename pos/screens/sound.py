"""Which beats the terminal's bell plays when a View follows another.

Apart, and pure, so that a test can listen. A bell has one pitch, so outcomes differ in rhythm:
two quick beats are paid, three slow ones are not paid, a single one asks to be looked at or says
that a code was read, and one, a pause and two quick ones say that the static code brought money.
"""

from pos.sale.view import Stage, Verdict, View

# Seconds from now at which the bell is struck.
PAID_BEATS_S = (0.0, 0.2)
NOT_PAID_BEATS_S = (0.0, 0.6, 1.2)
ATTENTION_BEATS_S = (0.0,)
READ_BEATS_S = (0.0,)  # as every scanner beeps when it has read
ARRIVED_BEATS_S = (0.0, 0.5, 0.7)
SILENCE: tuple[float, ...] = ()

_READ = ((Stage.SCANNING, Stage.PAYING), (Stage.SHOWING, Stage.SWITCHING))

_VERDICTS = {
    Verdict.PAID: PAID_BEATS_S,
    Verdict.DECLINED: NOT_PAID_BEATS_S,
    Verdict.CANCELLED: NOT_PAID_BEATS_S,
    Verdict.ASIDE: ATTENTION_BEATS_S,
    Verdict.TRAINED: ATTENTION_BEATS_S,
}


def beats_s(before: View, after: View) -> tuple[float, ...]:
    """The beats for what is new in `after`; none when nothing calls for an ear."""
    if after.stage is Stage.OUTCOME and after.verdict is not None:
        ended = (before.stage, before.request_id) != (after.stage, after.request_id)
        if ended or before.verdict is not after.verdict:
            return _VERDICTS[after.verdict]
    if (before.stage, after.stage) in _READ:
        return READ_BEATS_S
    known = {row.request_id for row in before.arrived}
    if any(row.request_id not in known for row in after.arrived):
        return ARRIVED_BEATS_S
    if after.stopped is not None and before.stopped is None:
        return ATTENTION_BEATS_S
    if after.notice is not None and after.notice != before.notice:
        return ATTENTION_BEATS_S
    waiting = {row.request_id for row in before.unfinished if row.needs_person}
    if any(row.needs_person and row.request_id not in waiting for row in after.unfinished):
        return ATTENTION_BEATS_S
    return SILENCE
