"""[fleet] of terminal.toml: off by default, and every fault told with its key."""

from pathlib import Path

import pytest

from pos.config import load
from pos.errors import SettingsError

PLACE = 'broker = "mqtts://broker.example"\n'


def written(folder: Path, fleet: str, more: str = "") -> Path:
    """A settings file, and beside it what it may name."""
    (folder / "fleet.secret").write_text("secret")
    (folder / "ca.crt").write_text("certificate")
    path = folder / "terminal.toml"
    path.write_text(f"{more}\n[fleet]\n{fleet}")
    return path


def test_without_a_section_nobody_watches(tmp_path: Path) -> None:
    """A till is nobody's by default."""
    path = tmp_path / "terminal.toml"
    path.write_text("")
    assert load(path).fleet is None


def test_a_till_has_the_name_of_its_store_and_its_own(tmp_path: Path) -> None:
    """Unless it is given another; files are found beside the settings."""
    named = 'password_file = "fleet.secret"\nca_file = "ca.crt"\n'
    fleet = load(written(tmp_path, PLACE + named)).fleet
    assert fleet is not None
    assert (fleet.name, fleet.password_file) == ("OSL-1.T01", str(tmp_path / "fleet.secret"))
    assert fleet.ca_file == str(tmp_path / "ca.crt")
    other = load(written(tmp_path, PLACE + 'name = "kiosk-7"\n')).fleet
    assert other is not None
    assert other.name == "kiosk-7"


def test_a_password_that_systemd_lends_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies among the keys, which are root's."""
    lent = tmp_path / "credentials"
    lent.mkdir()
    (lent / "keys_broker.secret").write_text("secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(lent))
    fleet = load(written(tmp_path, PLACE + 'password_file = "keys/broker.secret"\n')).fleet
    assert fleet is not None
    assert fleet.password_file == str(lent / "keys_broker.secret")


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        ("", "fleet.broker is missing"),
        ('broker = "mqtt://broker.example"', "fleet.broker is wrong"),  # not encrypted
        ('broker = "https://broker.example"', "fleet.broker is wrong"),
        ('broker = "mqtts://user:pin@broker.example"', "fleet.broker is wrong"),
        (PLACE + 'name = "a/b"', "fleet.name is wrong"),
        (PLACE + 'name = "#"', "fleet.name is wrong"),
        (PLACE + 'ca_file = "none.crt"', "fleet.ca_file names"),
        (PLACE + 'password_file = "none"', "fleet.password_file names"),
        (PLACE + "port = 1", "fleet.port is not known"),
    ],
)
def test_every_fault_is_named(tmp_path: Path, fleet: str, said: str) -> None:
    """As a sentence, before anything is sold."""
    with pytest.raises(SettingsError, match=said):
        load(written(tmp_path, fleet))


def test_a_store_that_cannot_be_in_a_topic_needs_a_name(tmp_path: Path) -> None:
    """Its reference may have letters that mean something to MQTT."""
    path = written(tmp_path, PLACE, '[store]\nreference = "Oslo/S"')
    with pytest.raises(SettingsError, match=r"give fleet\.name another one"):
        load(path)
