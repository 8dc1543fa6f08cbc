"""The switch as witness: it remembers how far each till's journal came, and what it asked for.

Apart from the book because no rule about money asks it, except one: a process that is no longer
the till moves nothing. A till whose card forgot, or was copied, learns here what it has lost.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from pos.errors import PosError
from pos.scheme.answers import SUCCESS
from pos.scheme.book import utc_now
from pos.scheme.moments import milliseconds
from pos.scheme.store import Store, insert_new
from pos.scheme.tables import RefundState
from pos.scheme.tables import payment as payments
from pos.scheme.tables import refund as refunds
from pos.scheme.witness_tables import witness as marks
from pos.scheme.witness_tables import witness_act as acts
from pos.switch.wire import CancelRequest, Message, PayRequest, RefundRequest, WireAmount
from pos.switch.witness import (
    ACTS_PER_PAGE_MAX,
    SUPERSEDED,
    Mark,
    WitnessAct,
    WitnessRequest,
    WitnessResponse,
)


class Superseded(PosError):
    """Another process is the till now; `code` is the result code of the refusal."""

    code = SUPERSEDED


class Witness:
    """What every terminal told. Safe for many threads, and processes on the same store."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock

    def note(self, client_id: str, mark: Mark, request: Message) -> None:
        """Take down, before it is carried out, what a till asks for and how far its journal is.

        Raises Superseded, and then it must not be carried out: a message of a dead process came
        late, or a copy of the till is at work.
        """
        now_ms = milliseconds(self._clock())
        with self._store.write() as connection:
            row = _mark(connection, client_id, mark.terminal)
            if row is None:
                _begin(connection, client_id, mark, now_ms)
            elif row["session"] != mark.session:
                raise Superseded("Another process of this terminal has taken its place since.")
            number = 1 if row is None else row["number"] + 1
            if not _add_act(connection, client_id, mark, request, number, now_ms):
                number -= 1
            _advance(connection, client_id, mark, number, now_ms)

    def testify(self, client_id: str, asked: WitnessRequest) -> WitnessResponse:
        """What is known of a terminal; a claim to be it is granted first, if it may be."""
        with self._store.write() as connection:
            _claim(connection, client_id, asked, milliseconds(self._clock()))
            row = _mark(connection, client_id, asked.store_terminal_id)
            found = _page(connection, client_id, asked.store_terminal_id, asked.before)
            told = _told(connection, client_id, found[:ACTS_PER_PAGE_MAX])
        known: dict[str, Any] = {}
        if row is not None:
            known = {"session": row["session"], "seq": str(row["seq"]), "head": row["head"]}
        return WitnessResponse(
            result=SUCCESS,
            acts=told,
            more="true" if len(found) > ACTS_PER_PAGE_MAX else None,
            **known,
        )


def _claim(connection: Connection, client_id: str, asked: WitnessRequest, now_ms: int) -> None:
    """Let the session be the till: the same one as before, or one that knows what was told last."""
    if asked.session is None or asked.seq is None or asked.head is None:
        return
    mark = Mark(asked.store_terminal_id, asked.session, int(asked.seq), asked.head)
    row = _mark(connection, client_id, mark.terminal)
    if row is None:
        _begin(connection, client_id, mark, now_ms)
    elif row["session"] == mark.session:
        _advance(connection, client_id, mark, row["number"], now_ms)
    elif row["head"] == asked.replaces:
        new = {"session": mark.session, "seq": mark.seq, "head": mark.head, "at_ms": now_ms}
        connection.execute(update(marks).where(_of(marks, client_id, mark.terminal)).values(**new))


def _mark(connection: Connection, client_id: str, terminal: str) -> Any:
    query = select(marks).where(_of(marks, client_id, terminal)).with_for_update()
    return connection.execute(query).mappings().one_or_none()


def _begin(connection: Connection, client_id: str, mark: Mark, now_ms: int) -> None:
    insert_new(
        connection, marks, client_id=client_id, terminal=mark.terminal, session=mark.session,
        seq=mark.seq, head=mark.head, number=0, at_ms=now_ms,
    )  # fmt: skip


def _advance(connection: Connection, client_id: str, mark: Mark, number: int, now_ms: int) -> None:
    """A message that was overtaken by a later one takes nothing back."""
    mine = and_(_of(marks, client_id, mark.terminal), marks.c.session == mark.session)
    counted = update(marks).where(mine, marks.c.number < number).values(number=number)
    connection.execute(counted)
    connection.execute(
        update(marks)
        .where(mine, marks.c.seq < mark.seq)
        .values(seq=mark.seq, head=mark.head, at_ms=now_ms)
    )


def _add_act(
    connection: Connection,
    client_id: str,
    mark: Mark,
    request: Message,
    number: int,
    now_ms: int,
) -> bool:
    match request:
        case PayRequest():
            kind, reference = "pay", request.payment_request_id
        case RefundRequest():
            kind, reference = "refund", request.refund_request_id
        case CancelRequest() | _:
            return False  # of a payment that is an act already
    return insert_new(
        connection, acts, client_id=client_id, kind=kind, reference=reference,
        terminal=mark.terminal, number=number, seq=mark.seq, head=mark.head, at_ms=now_ms,
    )  # fmt: skip


def _page(connection: Connection, client_id: str, terminal: str, before: str | None) -> list[Any]:
    """The newest acts below number `before`, one more than a page."""
    query = (
        select(acts)
        .where(_of(acts, client_id, terminal))
        .order_by(acts.c.number.desc())
        .limit(ACTS_PER_PAGE_MAX + 1)
    )
    if before is not None:
        query = query.where(acts.c.number < int(before))
    return list(connection.execute(query).mappings())


def _told(connection: Connection, client_id: str, page: list[Any]) -> tuple[WitnessAct, ...]:
    """The acts of a page with what the book holds of them."""
    asked = [row["reference"] for row in page if row["kind"] == "pay"]
    given = [row["reference"] for row in page if row["kind"] == "refund"]
    wanted = refunds.c.refund_request_id.in_(given), refunds.c.state != RefundState.FAILED
    returned = _rows(connection, refunds, client_id, *wanted)
    of_refunds = payments.c.payment_id.in_([row["payment_id"] for row in returned])
    bought = {
        row["request_id"]: row
        for row in (
            *_rows(connection, payments, client_id, payments.c.request_id.in_(asked)),
            *_rows(connection, payments, client_id, of_refunds),
        )
    }
    by_id = {row["payment_id"]: row for row in bought.values()}
    back = {row["refund_request_id"]: row for row in returned if row["payment_id"] in by_id}
    return tuple(
        _payment_act(row, bought.get(row["reference"]))
        if row["kind"] == "pay"
        else _refund_act(row, back.get(row["reference"]), by_id)
        for row in page
    )


def _rows(connection: Connection, table: Any, client_id: str, *which: Any) -> list[Any]:
    query = select(table).where(table.c.client_id == client_id, *which)
    return list(connection.execute(query).mappings())


def _payment_act(act: Any, payment: Any) -> WitnessAct:
    if payment is None or payment["value"] is None:  # never taken up, or cancelled unseen
        return _bare(act)
    return _bare(act).model_copy(
        update={
            "payment_request_id": payment["request_id"],
            "reference_order_id": payment["order_reference"],
            "in_store_payment_scenario": payment["scenario"],
            "amount": WireAmount(currency=payment["currency"], value=str(payment["value"])),
        }
    )


def _refund_act(act: Any, refund: Any, payments_by_id: dict[str, Any]) -> WitnessAct:
    if refund is None:
        return _bare(act)
    return _bare(act).model_copy(
        update={
            "payment_request_id": payments_by_id[refund["payment_id"]]["request_id"],
            "refund_request_id": refund["refund_request_id"],
            "amount": WireAmount(currency=refund["currency"], value=str(refund["value"])),
        }
    )


def _bare(act: Any) -> WitnessAct:
    return WitnessAct(
        number=str(act["number"]),
        seq=str(act["seq"]),
        head=act["head"],
        kind=act["kind"],
        asked_at_ms=str(act["at_ms"]),
    )


def _of(table: Any, client_id: str, terminal: str) -> Any:
    return and_(table.c.client_id == client_id, table.c.terminal == terminal)
