"""Journal entries as JSON and back: every kind comes back as it was.

Apart from the journal so that what is stored can be read without one.
"""

import json
import types
from dataclasses import fields
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import JournalDamaged
from pos.sale.configuration import Setting
from pos.sale.history import ENTRIES, Entry
from pos.sale.incident import Started
from pos.sale.money import EXPONENTS, VALUE_MAX, Amount
from pos.sale.order import Discount, Line, Order, OrderPlaced
from pos.sale.payment import Opened, Paid, Scenario
from pos.sale.record import decode, encode
from pos.sale.return_line import ReturnLine
from pos.sale.ticket import Ticket

AMOUNTS = st.builds(Amount, st.integers(1, VALUE_MAX), st.sampled_from(sorted(EXPONENTS)))
DISCOUNTS = st.one_of(
    st.builds(Discount, percent=st.integers(0, 10_000)),
    st.builds(Discount, value=st.integers(0, VALUE_MAX)),
)
LINES = st.builds(
    Line, st.text(max_size=40), st.integers(1, 9999), st.integers(1, 999), st.integers(0, 10_000),
    st.text(max_size=9), discount=DISCOUNTS,
)  # fmt: skip
ORDERS = st.builds(
    lambda lines, discount, **fields: Order(**fields).with_lines(lines).discounted(discount),
    st.lists(LINES, max_size=3), DISCOUNTS,
    sale_id=st.text(max_size=9), currency=st.sampled_from(sorted(EXPONENTS)),
    tip=st.integers(0, 9999), correction_count=st.integers(0, 9), corrected=st.integers(0, 9999),
)  # fmt: skip
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    Amount: AMOUNTS,
    str: st.text(max_size=40),
    int: st.integers(0, 2**53),
    float: st.floats(0, 4e9),
    Order: ORDERS,
    ReturnLine: st.builds(ReturnLine, st.integers(0, 500), st.integers(1, 999)),
    Ticket: st.builds(
        Ticket,
        st.text(max_size=16),
        st.text(max_size=16),
        st.text(max_size=16),
        st.integers(1, 255),
        st.integers(0, 2**40),
        st.integers(0, 2**40),
    ),
    bool: st.booleans(),
    Setting: st.builds(Setting, st.text(max_size=40), st.text(max_size=40)),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    if get_origin(hint) is types.UnionType:
        return st.one_of(
            *(st.none() if each is types.NoneType else values_of(each) for each in get_args(hint))
        )
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if get_origin(hint) is tuple:
        return st.lists(values_of(get_args(hint)[0]), max_size=3).map(tuple)
    return VALUES[hint]


@st.composite
def entries(draw: st.DrawFn, kind: type[Entry]) -> Entry:
    """Any entry of this kind."""
    hints = get_type_hints(kind)
    return kind(**{each.name: draw(values_of(hints[each.name])) for each in fields(kind)})


@pytest.mark.parametrize("kind", ENTRIES, ids=lambda each: each.__name__)
@given(data=st.data())
def test_every_kind_of_entry_comes_back_as_it_was(kind: type[Entry], data: st.DataObject) -> None:
    """Through JSON text, with the types of its fields and not only their values."""
    entry = data.draw(entries(kind))
    name, body = encode(entry)
    again = decode(name, json.loads(json.dumps(body)))
    assert again == entry
    assert name == kind.__name__
    for each in fields(kind):
        assert type(getattr(again, each.name)) is type(getattr(entry, each.name))


def test_an_amount_is_written_in_minor_units() -> None:
    """As the documents promise to whoever reads the journal with other tools."""
    name, body = encode(Paid("r1", "p1", Amount(12900, "NOK"), "Vipps"))
    assert name == "Paid"
    assert body["amount"] == {"value": 12900, "currency": "NOK"}
    assert body["customer_amount"] is None
    opened = Opened("r1", "s1", Amount(1, "EUR"), Scenario.ORDER_CODE, 1.5)
    assert encode(opened)[1]["scenario"] == "OrderCode"


def test_an_order_is_written_with_every_line() -> None:
    """So that receipts and books can be made of the journal alone, with other tools too."""
    order = Order("s1", "NOK", (Line("Bolle", 3900, 2, vat=1500, product="2"),))
    name, body = encode(OrderPlaced(order, 1.5))
    assert name == "OrderPlaced"
    assert body["placed_at"] == 1.5
    (line,) = body["order"]["lines"]
    assert (line["text"], line["unit_price"], line["quantity"]) == ("Bolle", 3900, 2)
    assert line["discount"] == {"percent": 0, "value": 0}
    with pytest.raises(JournalDamaged):
        decode(name, {"order": body["order"] | {"lines": [line | {"quantity": 0}]}})
    with pytest.raises(JournalDamaged):
        decode(name, {"order": [], "placed_at": 1.5})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Unheard", {"request_id": "r1"}),
        ("Started", {"version": "1", "at": 1.0, "colour": "red"}),
        ("Started", {"version": "1"}),
        ("Started", {"version": "1", "at": "noon"}),
        ("Opened", {"request_id": "r1"}),
        ("Opened", encode(Opened("r", "s", Amount(1, "NOK"), Scenario.ENTRY_CODE, 1.0))[1]
         | {"scenario": "Telepathy"}),
        ("Opened", encode(Opened("r", "s", Amount(1, "NOK"), Scenario.ENTRY_CODE, 1.0))[1]
         | {"amount": {"value": 0, "currency": "NOK"}}),
        ("Opened", encode(Opened("r", "s", Amount(1, "NOK"), Scenario.ENTRY_CODE, 1.0))[1]
         | {"amount": {"value": 1, "currency": "ZZZ"}}),
        ("Opened", encode(Opened("r", "s", Amount(1, "NOK"), Scenario.ENTRY_CODE, 1.0))[1]
         | {"amount": 1}),
        ("CancelAsked", {"request_id": "r1", "reason": "whim"}),
    ],
)  # fmt: skip
def test_what_this_version_never_wrote_is_refused(kind: str, body: dict[str, Any]) -> None:
    """An unknown kind, field or value: the sentence names the kind and the remedy."""
    with pytest.raises(JournalDamaged, match=f"'{kind}' entry.*version"):
        decode(kind, body)


def test_a_payment_of_a_journal_from_before_coupons_is_read() -> None:
    """Nothing was saved then; the rest is as it was."""
    entry = Paid("r1", "p1", Amount(12900, "NOK"), "Vipps")
    name, body = encode(entry)
    assert body.pop("savings") is None
    assert decode(name, body) == entry


def test_entries_of_different_kinds_have_different_names() -> None:
    """Or one could be read as another."""
    assert len({kind.__name__ for kind in ENTRIES}) == len(ENTRIES)
    assert Started in ENTRIES
