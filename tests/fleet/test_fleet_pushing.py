"""Pushed settings: only what the fleet's key signed, for this till, and still meant, is opened."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import SettingsError
from pos.fleet.pushing import Distrusted, FleetKey, Order, Trust, claimed_number
from pos.sale.configuration import Setting


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> FleetKey:
    """The fleet's."""
    return FleetKey(tmp_path_factory.mktemp("office") / "fleet.pem", make=True)


def order(to: str = "T1", **more: object) -> Order:
    """Norwegian, please."""
    told = {"number": 1, "until": 4e9, "values": {"terminal.language": "nb"}}
    return Order.model_validate({"to": to, **told, **more})


def test_what_was_signed_is_opened(key: FleetKey) -> None:
    """With its number and its settings as they were typed."""
    opened = Trust("T1", key.public).opened(key.sealed(order(number=41)))
    assert opened.number == 41
    assert opened.settings() == (Setting("terminal.language", "nb"),)


def test_another_till_another_key_and_another_day_are_refused(
    key: FleetKey, tmp_path: Path
) -> None:
    """Each with its own reason; without a public key nothing is taken at all."""
    trust = Trust("T1", key.public)
    with pytest.raises(Distrusted, match="another till"):
        trust.opened(key.sealed(order(to="T2")))
    with pytest.raises(Distrusted, match="too old"):
        trust.opened(key.sealed(order(until=time.time() - 1)))
    thief = FleetKey(tmp_path / "thief.pem", make=True)
    with pytest.raises(Distrusted, match="not signed"):
        trust.opened(thief.sealed(order()))
    with pytest.raises(Distrusted, match="takes no pushed settings"):
        Trust("T1", "").opened(key.sealed(order()))


@given(data=st.data())
def test_no_changed_byte_is_taken(key: FleetKey, data: st.DataObject) -> None:
    """Neither of the order nor of the signature, and what is no envelope at all is refused."""
    sealed = key.sealed(order())
    place = data.draw(st.integers(0, len(sealed) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != sealed[place]))
    changed = sealed[:place] + bytes([byte]) + sealed[place + 1 :]
    trust = Trust("T1", key.public)
    try:
        opened = trust.opened(changed)
    except Distrusted:
        return
    # A byte of the envelope's own frame, such as a blank: what was signed is the same.
    assert opened == trust.opened(sealed)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[" * 9000, b"\xff\xfe", b'{"order":1}', b"null"])
def test_rubbish_is_refused_as_a_sentence(key: FleetKey, payload: bytes) -> None:
    """It is told to whoever pushed it."""
    with pytest.raises(Distrusted, match="not signed"):
        Trust("T1", key.public).opened(payload)
    assert claimed_number(payload) == 0


def test_a_number_that_an_order_claims_can_be_read(key: FleetKey) -> None:
    """For whoever pushes next."""
    assert claimed_number(key.sealed(order(number=9))) == 9


def test_the_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    """Its file is private, and a broken or missing one names the remedy."""
    path = tmp_path / "fleet.pem"
    with pytest.raises(SettingsError, match="pos fleet key"):
        FleetKey(path)
    made = FleetKey(path, make=True)
    assert path.stat().st_mode & 0o077 == 0
    assert FleetKey(path, make=True).public == made.public
    path.write_text("no key")
    with pytest.raises(SettingsError, match="cannot be read"):
        FleetKey(path)
    for public in ("x", json.dumps("x"), "AAAA"):
        with pytest.raises(SettingsError, match="pos fleet key"):
            Trust("T1", public)
