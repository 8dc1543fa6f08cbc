"""Settings that were pushed from afar, laid over those of terminal.toml.

Apart from `config`, which reads what the shop wrote: here a fault refuses what was pushed and ends
nothing, and only what harms no sale may be pushed at all.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from pos.config import Settings
from pos.errors import AmountError, SettingsError
from pos.sale.configuration import Setting

# No key, no address, no device and nothing that says what a sale is taxed by.
_SECTIONS = {
    "camera": ("preview",),
    "order": ("tips",),
    "staff": ("refund_above",),
    "terminal": ("language", "theme"),
}
PUSHABLE = tuple(f"{section}.{name}" for section, names in _SECTIONS.items() for name in names)


def read(texts: Iterable[str]) -> tuple[Setting, ...]:
    """Settings as they are typed, `section.name=value`; without a value what was pushed is taken
    back. Raises SettingsError for one that cannot be pushed to any till."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise SettingsError(f"{text} is no setting; write it as section.name=value.")
        found[key] = value
    settings = tuple(Setting(key, value) for key, value in found.items())
    laid_over(Settings(), found)
    return settings


def why_not(settings: Settings, pushed: Iterable[Setting]) -> str:
    """Why these cannot hold beside those of terminal.toml, or nothing."""
    try:
        laid_over(settings, {each.key: each.value for each in pushed})
    except SettingsError as fault:
        return str(fault)
    return ""


def laid_over(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The settings with `values`, which are as somebody typed them. Raises SettingsError."""
    for key, value in sorted(values.items()):
        if key not in PUSHABLE:
            raise SettingsError(f"{key} cannot be pushed; what can: {', '.join(PUSHABLE)}.")
        if value:
            section, _, name = key.partition(".")
            settings = _changed(settings, section, name, value)
    return settings


def standing(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The same, without what this version, or the shop's own file, has no place for any more."""
    for key, value in values.items():
        try:
            settings = laid_over(settings, {key: value})
        except SettingsError:
            continue
    return settings


def _changed(settings: Settings, section: str, name: str, value: str) -> Settings:
    before = getattr(settings, section)
    fields: dict[str, Any] = {**before.model_dump(), name: value}
    try:
        after: Settings = settings.model_copy(update={section: before.model_validate(fields)})
        after.refund_limit()
    except ValidationError as fault:
        said = fault.errors(include_input=False, include_url=False)[0]["msg"].lower()
        raise SettingsError(f"{section}.{name} cannot be {value!r}: {said}.") from None
    except AmountError as fault:
        raise SettingsError(f"{section}.{name} cannot be {value!r}: {fault}") from None
    return after
