"""What may be pushed over terminal.toml, and what becomes of it."""

import pytest

from pos.config import Settings
from pos.errors import SettingsError
from pos.pushed import PUSHABLE, laid_over, read, standing, why_not
from pos.sale.configuration import Setting


def test_what_is_typed_becomes_settings() -> None:
    """Blanks around the equals sign do not matter; an empty value takes back."""
    assert read(["terminal.language = nb", "order.tips=true", "terminal.theme="]) == (
        Setting("terminal.language", "nb"),
        Setting("order.tips", "true"),
        Setting("terminal.theme", ""),
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("terminal.language", "section.name=value"),
        ("switch.url=https://thief.example", "cannot be pushed"),
        ("terminal.role=till", "cannot be pushed"),
        ("devices.printer=file:/etc/passwd", "cannot be pushed"),
        ("fleet.public_key=x", "cannot be pushed"),
        ("terminal.language=xx", "cannot be 'xx'"),
        ("order.tips=perhaps", "cannot be 'perhaps'"),
        ("staff.refund_above=much", "cannot be 'much'"),
        ("=nb", "cannot be pushed"),
    ],
)
def test_nothing_else_can_be_pushed(typed: str, said: str) -> None:
    """No address, key, device or role, and no value that terminal.toml could not have."""
    with pytest.raises(SettingsError, match=said):
        read([typed])


def test_every_pushable_key_is_a_setting() -> None:
    """The list names what there is."""
    for key in PUSHABLE:
        section, name = key.split(".")
        assert name in type(getattr(Settings(), section)).model_fields


def test_they_are_laid_over_the_files_own() -> None:
    """What was not pushed stays."""
    changed = laid_over(Settings(), {"terminal.language": "fi", "order.tips": "true"})
    assert (changed.terminal.language, changed.order.tips) == ("fi", True)
    assert changed.terminal.theme == Settings().terminal.theme
    assert laid_over(Settings(), {"terminal.language": ""}) == Settings()


def test_a_till_says_why_not() -> None:
    """As a sentence, and nothing when they can hold."""
    assert why_not(Settings(), (Setting("terminal.language", "sv"),)) == ""
    assert "cannot be pushed" in why_not(Settings(), (Setting("merchant.name", "Thief"),))


def test_what_this_version_does_not_know_is_left_out() -> None:
    """A till that went back to an older version starts all the same."""
    found = standing(Settings(), {"order.gratis": "true", "terminal.language": "da"})
    assert found == laid_over(Settings(), {"terminal.language": "da"})
