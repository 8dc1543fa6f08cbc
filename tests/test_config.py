"""terminal.toml: what is taken, and that every fault is named with its key and a remedy."""

from pathlib import Path

import pytest

from pos.config import Settings, find, load
from pos.errors import SettingsError

SWITCH = """
[switch]
url = "https://switch.example:8443"
client_id = "SANDBOX_5Y"
key = "till.pem"
public_key = "MIIBIjANBg"
"""
WHOLE = f"""
[merchant]
reference = "M-7"
name = "Bakeri"
mcc = "5462"
org_number = "987654325"
[store]
reference = "BGO-1"
name = "Bakeri Bergen"
address = "Bryggen 1"
country = "FI"
[terminal]
reference = "T09"
currency = "EUR"
language = "fi"
role = "till"
theme = "contrast"
[order]
catalogue = "products.csv"
vat_class = "reduced"
tips = true
{SWITCH}
[devices]
camera = "none"
indicator = "none"
printer = "none"
"""


def written(folder: Path, text: str) -> Path:
    """A settings file beside a key file."""
    (folder / "till.pem").write_text("a key")
    path = folder / "terminal.toml"
    path.write_text(text, encoding="utf-8")
    return path


def fault(folder: Path, text: str) -> str:
    """What is said of these settings; the exit code is that of wrong use."""
    with pytest.raises(SettingsError) as caught:
        load(written(folder, text))
    assert caught.value.exit_code == 2
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_without_a_file_the_till_is_a_demo_shop_of_its_own() -> None:
    """Everything has a default, and there is no foreign switch."""
    settings = load(None)
    assert settings == Settings()
    assert settings.switch is None
    assert settings.parties().currency == "NOK"


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """Parties as payments carry them; paths relative to the file become absolute."""
    settings = load(written(tmp_path, WHOLE))
    parties = settings.parties()
    assert (parties.reference, parties.currency) == ("T09", "EUR")
    assert (parties.merchant.name, parties.merchant.mcc) == ("Bakeri", "5462")
    assert parties.store.address == "Bryggen 1"
    assert settings.switch is not None
    assert settings.switch.key == str(tmp_path / "till.pem")
    assert settings.switch.ca_file == ""
    assert settings.terminal.language == "fi"


def test_an_empty_file_is_as_none(tmp_path: Path) -> None:
    """So that keys may be added one by one."""
    assert load(written(tmp_path, "")) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "the key colour is not known"),
        ("[printer]\nname = 'x'", "the key printer is not known"),
        ("[terminal]\ncurency = 'NOK'", "the key terminal.curency is not known"),
        ("[terminal]\ncurrency = 'kroner'", "the key terminal.currency is wrong"),
        ("[terminal]\nlanguage = 'de'", "the key terminal.language is wrong"),
        ("[terminal]\nreference = ''", "the key terminal.reference is wrong"),
        ("[terminal]\nreference = 5", "the key terminal.reference is wrong"),
        ("[terminal]\nstatic_code = 'yes please'", "the key terminal.static_code is wrong"),
        ("[terminal]\nrole = 'shop'", "the key terminal.role is wrong"),
        ("[store]\ncountry = 'DE'", "the key store.country is wrong"),
        ("[order]\nvat_class = 'half'", "the key order.vat_class is wrong"),
        ("[order]\ncatalogue = 'products.xls'", "neither .toml nor .csv"),
        ("[terminal]\nstatic_code = true\nreference = 'T 1'", "needs a terminal.reference of"),
        ("[merchant]\nmcc = '58'", "the key merchant.mcc is wrong"),
        ("[merchant]\nname = '" + "x" * 65 + "'", "the key merchant.name is wrong"),
        ("merchant = 1", "the key merchant is wrong"),
        ("[store]\naddress = 7", "the key store.address is wrong"),
        ("[devices]\ncamera = true", "the key devices.camera is wrong"),
        ("[switch]\nurl = 'http://x'", "the key switch.client_id is missing; add it"),
        (SWITCH.replace("https", "ftp"), "the key switch.url is wrong"),
        (SWITCH.replace(":8443", "/path"), "the key switch.url is wrong"),
        (SWITCH.replace("switch.example", "me:pw@switch.example"), "the key switch.url is wrong"),
        (SWITCH + "secret = 'x'", "the key switch.secret is not known"),
        (SWITCH.replace("till.pem", "gone.pem"), "switch.key names"),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    """Unknown, missing, wrong, or naming what is not there."""
    assert said in fault(tmp_path, text)


def test_a_currency_that_nobody_knows_is_named(tmp_path: Path) -> None:
    """Three capital letters are not enough."""
    with pytest.raises(SettingsError, match=r"the key terminal\.currency is wrong: .*'XYZ'"):
        load(written(tmp_path, "[terminal]\ncurrency = 'XYZ'"))


def test_a_wrong_value_is_never_repeated(tmp_path: Path) -> None:
    """It may be a secret that was put under the wrong key."""
    said = fault(tmp_path, SWITCH + "[terminal]\ncurrency = 'hunter2'")
    assert "hunter2" not in said


@pytest.mark.parametrize("raw", [b"[terminal\n", b"a = ", b"\xff\xfe\x00", b"a = 1\na = 2"])
def test_what_is_not_toml_is_said(tmp_path: Path, raw: bytes) -> None:
    """With the file's name."""
    path = tmp_path / "terminal.toml"
    path.write_bytes(raw)
    with pytest.raises(SettingsError, match=r"terminal\.toml"):
        load(path)


def test_the_file_is_looked_for_in_order(tmp_path: Path) -> None:
    """The option, then the environment, then the state folder; one that was named must be there."""
    usual, named, other = (tmp_path / name for name in ("terminal.toml", "a.toml", "b.toml"))
    assert find(None, tmp_path, {}) is None
    for path in (usual, named, other):
        path.touch()
    assert find(None, tmp_path, {}) == usual
    assert find(None, tmp_path, {"POS_CONFIG": str(named)}) == named
    assert find(str(other), tmp_path, {"POS_CONFIG": str(named)}) == other
    for option, environment in ((str(tmp_path / "gone"), {}), (None, {"POS_CONFIG": "gone.toml"})):
        with pytest.raises(SettingsError, match=r"no settings file .*gone"):
            find(option, tmp_path, environment)


def test_a_key_that_systemd_lends_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under LoadCredential= the key file itself may not even be seen; elsewhere it counts."""
    settings = written(tmp_path, SWITCH)
    lent = tmp_path / "lent"
    lent.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(lent))
    own = load(settings).switch
    assert own is not None
    assert own.key == str(tmp_path / "till.pem")
    (lent / "keys_till.pem").write_text("lent")
    (tmp_path / "till.pem").unlink()
    borrowed = load(settings).switch
    assert borrowed is not None
    assert borrowed.key == str(lent / "keys_till.pem")
