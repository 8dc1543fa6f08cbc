"""Digests of payment codes: alike within a day, unlike ever after, and nothing else kept."""

import json
import re
import stat
from pathlib import Path

import pytest

from pos.errors import SettingsError
from pos.fingerprint import DAY_S, Fingerprints
from pos.sale.secret import Secret

NOON = 20_513 * DAY_S + DAY_S / 2
CODE, OTHER = Secret("281031020000000000004711"), Secret("281031020000000000004712")


def test_a_code_has_one_digest_a_day(tmp_path: Path) -> None:
    """Whenever it is shown that day, also to the next process of the till."""
    first = Fingerprints(tmp_path).of(CODE, NOON)
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    again = Fingerprints(tmp_path)
    assert again.of(CODE, NOON + 3600) == first
    assert again.of(OTHER, NOON) != first
    assert again.every(CODE, NOON) == {first}


def test_yesterdays_digest_is_still_known(tmp_path: Path) -> None:
    """A code used before midnight is told again after it."""
    keys = Fingerprints(tmp_path)
    yesterday = keys.of(CODE, NOON)
    today = keys.of(CODE, NOON + DAY_S)
    assert today != yesterday
    assert keys.every(CODE, NOON + DAY_S) == {yesterday, today}
    assert Fingerprints(tmp_path).every(CODE, NOON + DAY_S) == {yesterday, today}


def test_the_key_of_the_day_before_yesterday_is_destroyed(tmp_path: Path) -> None:
    """Nobody can link that digest to a code any more, whoever holds the disk."""
    keys = Fingerprints(tmp_path)
    old = keys.of(CODE, NOON)
    kept_then = (tmp_path / "fingerprint.keys").read_text()
    keys.of(CODE, NOON + DAY_S)
    keys.of(CODE, NOON + 2 * DAY_S)
    assert old not in keys.every(CODE, NOON + 2 * DAY_S)
    (old_key,) = json.loads(kept_then).values()
    assert all(old_key not in path.read_text() for path in tmp_path.iterdir())


def test_two_tills_have_nothing_in_common(tmp_path: Path) -> None:
    """Digests of one code on two tills cannot be compared."""
    digests = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        digests.add(Fingerprints(tmp_path / name).of(CODE, NOON))
    assert len(digests) == 2


def test_a_clock_that_steps_back_destroys_nothing(tmp_path: Path) -> None:
    """The newest key goes on being used, so today's codes are still known."""
    keys = Fingerprints(tmp_path)
    today = keys.of(CODE, NOON)
    assert keys.of(CODE, NOON - 400 * DAY_S) == today
    assert keys.of(CODE, NOON) == today


def test_only_the_tills_user_can_read_the_keys_and_no_code_is_there(tmp_path: Path) -> None:
    """The file has mode 600 and holds keys alone."""
    Fingerprints(tmp_path).of(CODE, NOON)
    path = tmp_path / "fingerprint.keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert CODE.reveal() not in path.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["fingerprint.keys"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": "00"}', '{"1": "zz"}', '{"1": 5}', '"a"'])
def test_a_key_file_that_cannot_be_read_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    """Instead of a new key that would let every used code pay again unnoticed."""
    (tmp_path / "fingerprint.keys").write_text(text)
    with pytest.raises(SettingsError, match=r"fingerprint\.keys cannot be read; delete it"):
        Fingerprints(tmp_path)
