"""A site file to a Site: TOML, every fault told with its line and a remedy.

Apart from `reading`, which knows catalogues, because a site has hours and entry times besides what
it sells. What such a file holds is shown by the one that is shipped, `site.toml` of the demo.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import tomli

from pos.errors import AmountError, SettingsError
from pos.sale.money import Amount
from pos.sale.site import DAY_MIN, EntryRule, Site, Span, TicketType
from pos.sale.vat import VatClass
from pos.shelf.reading import FAULT_COUNT_MAX, LANGUAGES, NAME_LENGTH_MAX

FILE_SIZE_MAX_BYTES = 1_000_000
TICKET_COUNT_MAX = 40
PERSONS_MAX = 99
CAPACITY_MAX = 9_999
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
VALID = ("day", "entry")

_KEYS = {
    "": ("reference", "name", "time_zone", "last_entry", "hours", "exception", "entry", "ticket"),
    "exception": ("day", "hours"),
    "entry": ("every", "capacity"),
    "ticket": ("reference", "name", "price", "vat", "persons", "limit", "valid"),
}
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,24}", re.ASCII)
_HOURS = re.compile(r"(\d\d?)[:.](\d\d)\s*[-–]\s*(\d\d?)[:.](\d\d)", re.ASCII)
_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


# A table, which of that name, and a key in it.
_At = tuple[str, int, str]


class SiteError(SettingsError):
    """The site file is refused; the message names file, line and remedy of every fault."""


class _Fault(ValueError):
    """What is wrong at one key, with the remedy."""


class _Pages:
    """The file's tables, and the line at which each key of them stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines: dict[_At, int] = {}
        self.faults: list[str] = []
        table, counts = "", {"": 0}
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                table = header[1]
                counts[table] = counts.get(table, -1) + 1
                self._lines[table, counts[table], ""] = number
            elif key := _KEY.match(line):
                self._lines.setdefault((table, counts[table], key[1]), number)

    def take(self, at: _At, make: Callable[..., Any], *given: Any) -> Any:
        """What `make` makes of what is given; a fault of it is kept with the line of the key `at`,
        and None made of it."""
        try:
            return make(*given)
        except (_Fault, AmountError) as fault:
            table, place, _ = at
            line = self._lines.get(at) or self._lines.get((table, place, ""), 1)
            self.faults.append(f"{self._path}, line {line}: {fault}")
            return None


def load(path: Path, currency: str, language: str) -> Site:
    """The site of the file at `path`, priced in `currency`; plain names are in `language`.

    Raises SiteError naming every fault, up to 20 of them, a line each.
    """
    text, whole = _parsed(path)
    pages = _Pages(path, text)
    for table, rows in _tables(whole).items():
        for place, row in enumerate(rows):
            for key in row:
                if table != "hours" and key not in _KEYS[table]:
                    pages.take((table, place, key), _unknown, key)
    site = Site(
        pages.take(("", 0, "reference"), _reference, whole),
        pages.take(("", 0, "name"), _names, whole, language),
        pages.take(("", 0, "time_zone"), _zone, whole),
        _week(whole, pages),
        _tickets(whole, pages, currency, language),
        exceptions=_exceptions(whole, pages),
        entry=pages.take(("entry", 0, "every"), _entry, whole),
        last_entry_min=pages.take(("", 0, "last_entry"), _number, whole, "last_entry", 0, 0, 600),
    )
    if not pages.faults:
        pages.take(("ticket", 0, "valid"), _check_entry, site)
    if pages.faults:
        raise SiteError("\n".join(pages.faults[:FAULT_COUNT_MAX]))
    return site


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        if path.stat().st_size > FILE_SIZE_MAX_BYTES:
            raise SiteError(f"{path}, line 1: it is larger than 1 MB; it is no site file.")
        text = path.read_bytes().decode("utf-8-sig")
        return text, tomli.loads(text)
    except OSError as fault:
        raise SiteError(
            f"{path} cannot be read ({fault.strerror}); put it there, or correct kiosk.site."
        ) from fault
    except UnicodeDecodeError:
        raise SiteError(f"{path}, line 1: it is not UTF-8; save it again as UTF-8.") from None
    except tomli.TOMLDecodeError as fault:
        at = re.search(r"line (\d+)", str(fault))
        line = at[1] if at else "1"
        raise SiteError(
            f"{path}, line {line}: it is not TOML ({fault}); correct that line."
        ) from None


def _tables(whole: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every table by its name; what is none has no keys."""
    found: dict[str, list[dict[str, Any]]] = {"": [dict(whole)]}
    for name in ("hours", "exception", "entry", "ticket"):
        value = whole.get(name, [])
        rows = value if isinstance(value, list) else [value]
        found[name] = [row for row in rows if isinstance(row, dict)]
    return found


def _unknown(key: str) -> None:
    raise _Fault(f"the key {key} is not known; remove it or correct its spelling.")


def _reference(row: Mapping[str, Any]) -> str:
    reference = row.get("reference", "")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise _Fault(
            f"the reference {reference!r} is not 1 to 24 letters, digits, dots, hyphens or "
            "underscores; correct it."
        )
    return reference


def _names(row: Mapping[str, Any], language: str) -> tuple[tuple[str, str], ...]:
    """The site's own language first."""
    given = row.get("name", "")
    named = dict(given) if isinstance(given, dict) else {language: given}
    for code, text in named.items():
        if code not in LANGUAGES:
            raise _Fault(f"there is no language {code!r}; use some of {', '.join(LANGUAGES)}.")
        if not isinstance(text, str) or not text.isprintable() or len(text) > NAME_LENGTH_MAX:
            raise _Fault(
                f"the name in {code} is no text of at most {NAME_LENGTH_MAX} characters; "
                "shorten it."
            )
    names = {code: text.strip() for code, text in named.items() if text.strip()}
    if not names:
        raise _Fault("there is no name; give it one, as a text or as a table of languages.")
    first = language if language in names else next(iter(names))
    return ((first, names.pop(first)), *names.items())


def _zone(whole: Mapping[str, Any]) -> ZoneInfo:
    name = whole.get("time_zone", "")
    try:
        return ZoneInfo(name)
    except (ValueError, TypeError, OSError, LookupError):
        raise _Fault(
            f"the time_zone {name!r} is not known; write one like Europe/Oslo (it has to be in "
            "the package tzdata of this machine)."
        ) from None


def _week(whole: Mapping[str, Any], pages: _Pages) -> tuple[Span | None, ...]:
    hours = whole.get("hours")
    if not isinstance(hours, dict):
        pages.take(("", 0, "hours"), _missing_hours)
        return (None,) * len(DAYS)
    for key in hours:
        if key not in DAYS:
            pages.take(("hours", 0, key), _unknown, key)
    return tuple(pages.take(("hours", 0, day), _span, hours.get(day, "closed")) for day in DAYS)


def _missing_hours() -> None:
    raise _Fault('there is no table [hours]; add one, with lines like monday = "10:00-18:00".')


def _span(text: object) -> Span | None:
    if text == "closed":
        return None
    found = _HOURS.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is not None:
        opens_h, opens_m, closes_h, closes_m = map(int, found.groups())
        span = Span(opens_h * 60 + opens_m, closes_h * 60 + closes_m)
        if max(opens_m, closes_m) < 60 and 0 <= span.opens < span.closes <= DAY_MIN:
            return span
    raise _Fault(
        f'the hours {text!r} are no hours of one day; write "10:00-18:00" or "closed", the end '
        "after the beginning."
    )


def _exceptions(whole: Mapping[str, Any], pages: _Pages) -> tuple[tuple[date, Span | None], ...]:
    made: dict[date, Span | None] = {}
    for place, row in enumerate(_tables(whole)["exception"]):
        day = pages.take(("exception", place, "day"), _day, row, made)
        span = pages.take(("exception", place, "hours"), _span, row.get("hours"))
        if day is not None:
            made[day] = span
    return tuple(made.items())


def _day(row: Mapping[str, Any], before: Mapping[date, Span | None]) -> date:
    day = row.get("day")
    if type(day) is not date:
        raise _Fault(f"the day {day!r} is no date; write it like 2026-12-24, without quotes.")
    if day in before:
        raise _Fault(f"the day {day} is there twice; remove one of the two.")
    return day


def _entry(whole: Mapping[str, Any]) -> EntryRule | None:
    row = whole.get("entry")
    if row is None:
        return None
    if not isinstance(row, dict):
        raise _Fault("entry is no table; write [entry] with every and capacity.")
    return EntryRule(
        _number(row, "every", None, 5, DAY_MIN), _number(row, "capacity", None, 1, CAPACITY_MAX)
    )


def _number(row: Mapping[str, Any], key: str, usual: int | None, least: int, most: int) -> int:
    value = row.get(key, usual)
    if type(value) is not int or not least <= value <= most:
        raise _Fault(f"{key} is {value!r}; write a whole number from {least} to {most}.")
    return value


def _tickets(
    whole: Mapping[str, Any], pages: _Pages, currency: str, language: str
) -> tuple[TicketType, ...]:
    rows = _tables(whole)["ticket"]
    if not 1 <= len(rows) <= TICKET_COUNT_MAX:
        pages.take(("ticket", 0, ""), _count_tickets)
    made: dict[str, TicketType] = {}
    for place, row in enumerate(rows[:TICKET_COUNT_MAX]):
        at = [("ticket", place, key) for key in _KEYS["ticket"]]
        reference = pages.take(at[0], _single, row, made)
        ticket = TicketType(
            reference,
            pages.take(at[1], _names, row, language),
            pages.take(at[2], Amount.parse, str(row.get("price", "")), currency),
            pages.take(at[3], _vat, row),
            persons=pages.take(at[4], _number, row, "persons", 1, 1, PERSONS_MAX),
            limit=pages.take(at[5], _number, row, "limit", 10, 1, PERSONS_MAX),
            timed=pages.take(at[6], _known, row, "valid", VALID, "day") == "entry",
        )
        if reference is not None:
            made[reference] = ticket
    return tuple(made.values())


def _vat(row: Mapping[str, Any]) -> VatClass:
    return VatClass(_known(row, "vat", tuple(VatClass)))


def _count_tickets() -> None:
    raise _Fault(f"there are not 1 to {TICKET_COUNT_MAX} tables [[ticket]]; add or remove some.")


def _single(row: Mapping[str, Any], before: Mapping[str, TicketType]) -> str:
    reference = _reference(row)
    if reference in before:
        raise _Fault(f"the reference {reference} is that of another ticket too; correct one.")
    return reference


def _known(row: Mapping[str, Any], key: str, choices: tuple[str, ...], usual: str = "") -> str:
    value = row.get(key, usual)
    if value not in choices:
        raise _Fault(f"the {key} {value!r} is not known; use one of {', '.join(choices)}.")
    return str(value)


def _check_entry(site: Site) -> None:
    if site.entry is None and any(each.timed for each in site.tickets):
        raise _Fault(
            'a ticket is valid = "entry", but there are no entry times; add a table [entry] with '
            "every and capacity."
        )
