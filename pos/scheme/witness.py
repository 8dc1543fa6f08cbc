"""The switch as witness: it remembers how far each till's journal came, and what it asked for.

Apart from the book because no rule about money asks it, except one: a process that is no longer
the till moves nothing. A till whose card forgot, or was copied, learns here what it has lost.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, select, update

from pos.errors import PosError
from pos.scheme.book import utc_now
from pos.scheme.moments import milliseconds
from pos.scheme.results import SUCCESS
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


def _of(table: Table) -> tuple[Any, Any]:
    """The rows of one terminal, whose names are given beside the statement."""
    return table.c.client_id == bindparam("of_client"), table.c.terminal == bindparam("of_terminal")


# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_MARK = select(marks).where(*_of(marks)).with_for_update()
_REPLACE = (
    update(marks)
    .where(*_of(marks))
    .values({name: bindparam(f"to_{name}") for name in ("session", "seq", "head", "at_ms")})
)
_MINE = (*_of(marks), marks.c.session == bindparam("of_session"))
_REACHED: dict[str, Any] = {name: bindparam(f"to_{name}") for name in ("seq", "head", "at_ms")}
_COUNTED: dict[str, Any] = {"number": bindparam("to_number")}
_REACH = update(marks).where(*_MINE).values(_REACHED)
_COUNT = update(marks).where(*_MINE).values(_COUNTED)
_REACH_AND_COUNT = update(marks).where(*_MINE).values(_REACHED | _COUNTED)
_PAGE = (
    select(acts)
    .where(*_of(acts), acts.c.number < bindparam("before"))
    .order_by(acts.c.number.desc())
    .limit(ACTS_PER_PAGE_MAX + 1)
)
_PAYMENTS = select(payments).where(payments.c.client_id == bindparam("of_client"))
_PAYMENTS_ASKED = _PAYMENTS.where(payments.c.request_id.in_(bindparam("wanted", expanding=True)))
_PAYMENTS_BOUGHT = _PAYMENTS.where(payments.c.payment_id.in_(bindparam("wanted", expanding=True)))
_REFUNDS_GIVEN = select(refunds).where(
    refunds.c.client_id == bindparam("of_client"),
    refunds.c.refund_request_id.in_(bindparam("wanted", expanding=True)),
    refunds.c.state != RefundState.FAILED,
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
                row = _mark(connection, client_id, mark.terminal)
            if row["session"] != mark.session:
                raise Superseded("Another process of this terminal has taken its place since.")
            number = row["number"] + 1
            counts = _add_act(connection, client_id, mark, request, number, now_ms)
            _advance(connection, client_id, mark, row, now_ms, number if counts else None)

    def testify(self, client_id: str, asked: WitnessRequest) -> WitnessResponse:
        """What is known of a terminal; a claim to be it is granted first, if it may be."""
        with self._store.write() as connection:
            row = _mark(connection, client_id, asked.store_terminal_id)
            if _claimed(connection, client_id, asked, row, milliseconds(self._clock())):
                row = _mark(connection, client_id, asked.store_terminal_id)
            found = [] if asked.before is None else _page(connection, client_id, asked)
            told = _told(connection, client_id, found[:ACTS_PER_PAGE_MAX])
        known: dict[str, Any] = {}
        if row is not None:
            known = {"session": row["session"], "seq": str(row["seq"]), "head": row["head"]}
        return WitnessResponse(
            result=SUCCESS,
            acts=told,
            before=asked.before,
            more="true" if len(found) > ACTS_PER_PAGE_MAX else None,
            **known,
        )


def _claimed(
    connection: Connection, client_id: str, asked: WitnessRequest, row: Any, now_ms: int
) -> bool:
    """Let the session be the till: the same one as before, or one that knows what was told last.

    `row` is what is known of the terminal, which is locked; whether that may be another now.
    """
    if asked.session is None or asked.seq is None or asked.head is None:
        return False
    mark = Mark(asked.store_terminal_id, asked.session, int(asked.seq), asked.head)
    if row is None:
        _begin(connection, client_id, mark, now_ms)
    elif row["session"] == mark.session:
        _advance(connection, client_id, mark, row, now_ms)
    elif row["head"] == asked.replaces:
        connection.execute(_REPLACE, _named(client_id, mark.terminal) | _told_by(mark, now_ms))
    return True


def _named(client_id: str, terminal: str) -> dict[str, Any]:
    return {"of_client": client_id, "of_terminal": terminal}


def _told_by(mark: Mark, now_ms: int) -> dict[str, Any]:
    return {
        "to_session": mark.session,
        "to_seq": mark.seq,
        "to_head": mark.head,
        "to_at_ms": now_ms,
    }


def _mark(connection: Connection, client_id: str, terminal: str) -> Any:
    return connection.execute(_MARK, _named(client_id, terminal)).mappings().one_or_none()


def _begin(connection: Connection, client_id: str, mark: Mark, now_ms: int) -> None:
    insert_new(
        connection, marks, client_id=client_id, terminal=mark.terminal, session=mark.session,
        seq=mark.seq, head=mark.head, number=0, at_ms=now_ms,
    )  # fmt: skip


def _advance(
    connection: Connection,
    client_id: str,
    mark: Mark,
    row: Any,
    now_ms: int,
    number: int | None = None,
) -> None:
    """Write down how far the journal of `row`, which is locked, has come, and an act's number.

    A message that was overtaken by a later one takes nothing back.
    """
    named = _named(client_id, mark.terminal) | {"of_session": mark.session}
    counted = {} if number is None else {"to_number": number}
    if mark.seq > row["seq"]:
        named |= {"to_seq": mark.seq, "to_head": mark.head, "to_at_ms": now_ms} | counted
        connection.execute(_REACH if number is None else _REACH_AND_COUNT, named)
    elif counted:
        connection.execute(_COUNT, named | counted)


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


def _page(connection: Connection, client_id: str, asked: WitnessRequest) -> list[Any]:
    """The newest acts below the number that was asked for, one more than a page."""
    named = _named(client_id, asked.store_terminal_id) | {"before": int(asked.before or 0)}
    return list(connection.execute(_PAGE, named).mappings())


def _told(connection: Connection, client_id: str, page: list[Any]) -> tuple[WitnessAct, ...]:
    """The acts of a page with what the book holds of them."""
    asked = [row["reference"] for row in page if row["kind"] == "pay"]
    given = [row["reference"] for row in page if row["kind"] == "refund"]
    returned = _rows(connection, _REFUNDS_GIVEN, client_id, given)
    refunded = [row["payment_id"] for row in returned]
    bought = {
        row["request_id"]: row
        for row in (
            *_rows(connection, _PAYMENTS_ASKED, client_id, asked),
            *_rows(connection, _PAYMENTS_BOUGHT, client_id, refunded),
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


def _rows(
    connection: Connection, query: Select[Any], client_id: str, wanted: list[str]
) -> list[Any]:
    """What is held under the ids in `wanted`; the database is not asked for none."""
    if not wanted:
        return []
    named = {"of_client": client_id, "wanted": wanted}
    return list(connection.execute(query, named).mappings())


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
