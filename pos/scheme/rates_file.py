"""Reference rates as the European Central Bank publishes them every working day, and their file.

Apart from quotes because a file can be missing, half written, hostile or of the wrong day, and
none of that may reach a price: the last good rates stay until there are better ones.

The form is that of https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml. The file that
ships is a sample in that form, dated 20 November 2026, with rounded values for demonstration.
"""

import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from pos.errors import SettingsError
from pos.scheme.moments import utc_now
from pos.scheme.rates import Rates

BASE = "EUR"
FILE_BYTES_MAX = 65_536  # thirty rates take two thousand
CURRENCIES_MAX = 200
# Rates are published on working days: four days pass without any at Easter.
OLD_DAYS = 5

_CUBE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref Cube"
_RATE = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_REMEDY = "take the daily file as the European Central Bank publishes it"


@cache
def sample_rates() -> Rates:
    """The rates that ship with the scheme."""
    return read_rates(resources.files("pos.scheme").joinpath("rates.xml").read_bytes())


def read_rates(raw: bytes) -> Rates:
    """The rates in a file of the daily form. Raises SettingsError saying what is wrong with it.

    Definitions of document types and entities are refused: nothing outside `raw` is ever read.
    """
    if len(raw) > FILE_BYTES_MAX:
        raise _wrong(f"longer than {FILE_BYTES_MAX} bytes")
    daily = _Daily()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_definitions
    parser.StartElementHandler = daily.take
    try:
        parser.Parse(raw, True)  # noqa: FBT003 - this is all of it
    except (expat.ExpatError, ValueError, LookupError) as fault:
        raise _wrong(f"not XML ({fault})") from None
    return daily.rates()


class RatesFile:
    """The file that rates come from while a switch runs. One thread uses it.

    `rates` are the newest good ones, and `raw` is how the file said them. Raises SettingsError
    when there are none to begin with.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._path = path
        self._clock = clock
        self.raw = _bytes(path)
        self.rates = read_rates(self.raw)
        self._fault = ""
        self._old_told: date | None = None
        _check_day(self.rates.day, date.min, self._today())

    def follow(self, adopt: Callable[[Rates], None], tell: Callable[[str], None]) -> None:
        """Look at the file: `adopt` new rates, `tell` of a fault once, and of old rates daily."""
        try:
            raw = _bytes(self._path)
            if raw != self.raw:
                rates = read_rates(raw)
                _check_day(rates.day, self.rates.day, self._today())
                adopt(rates)
                self.raw, self.rates = raw, rates
                tell(f"the reference rates of {rates.day} are in use")
        except SettingsError as fault:
            if str(fault) != self._fault:
                tell(f"the reference rates of {self.rates.day} stay in use: {fault}")
            self._fault = str(fault)
        else:
            self._fault = ""
        self._tell_age(tell)

    def check_after(self, day: date) -> None:
        """Raises SettingsError when the file's are older than rates of `day`."""
        _check_day(self.rates.day, day, self._today())

    def _tell_age(self, tell: Callable[[str], None]) -> None:
        today = self._today()
        age_days = (today - self.rates.day).days
        if age_days > OLD_DAYS and self._old_told != today:
            self._old_told = today
            tell(
                f"the reference rates of {self.rates.day} are {age_days} days old; see that the "
                "daily file is fetched"
            )

    def _today(self) -> date:
        return self._clock().date()


def _check_day(day: date, newest: date, today: date) -> None:
    """Raises SettingsError for rates of a `day` before `newest`, or still to come."""
    if day < newest:
        raise SettingsError(f"The file's are of {day}, which is older; put a newer file there.")
    # The file is dated by a calendar that may be a few hours ahead of ours.
    if day > today + timedelta(days=1):
        raise SettingsError(
            f"The file's are of {day}, a day that is still to come; correct it, or the clock."
        )


def put_in_place(file: Path, path: Path) -> None:
    """Let `path` say what the good `file` says, in one step. Raises SettingsError.

    A reader finds the old content or the new, whatever happens in between. Rates that are older
    than those of `path`, or of a day still to come, are not put there.
    """
    new = RatesFile(file)
    if path.exists():
        new.check_after(_day_of(path))
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as written:
            written.write(new.raw)
            written.flush()
            os.fsync(written.fileno())
        fresh.replace(path)
    except OSError as fault:
        fresh.unlink(missing_ok=True)
        raise SettingsError(
            f"The rates cannot be written to {path} ({fault.strerror}); name another file."
        ) from None


def _day_of(path: Path) -> date:
    """The day of the rates at `path`; of a file that is not good, the first day of all."""
    try:
        return read_rates(_bytes(path)).day
    except SettingsError:
        return date.min


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise SettingsError(
            f"The reference rates {path} cannot be read ({fault.strerror}); put the daily file "
            "there."
        ) from None


class _Daily:
    """Collects one day's rates from the elements of a file."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._per_base = {BASE: Decimal(1)}

    def take(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name != _CUBE:
            return
        if "time" in attributes:
            self._take_day(attributes["time"])
        if "currency" in attributes:
            self._take_rate(attributes["currency"], attributes.get("rate", ""))

    def rates(self) -> Rates:
        """What was collected."""
        if self._day is None or len(self._per_base) == 1:
            raise _wrong("without a day or without rates")
        return Rates(self._day, self._per_base)

    def _take_day(self, text: str) -> None:
        if self._day is not None:
            raise _wrong("of more than one day")
        try:
            self._day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date
        except ValueError:
            raise _wrong("of no day of the calendar") from None

    def _take_rate(self, currency: str, text: str) -> None:
        if self._day is None or not _CURRENCY.fullmatch(currency):
            raise _wrong("not in the order and spelling of the daily form")
        if currency in self._per_base or len(self._per_base) > CURRENCIES_MAX:
            raise _wrong(f"with {currency} twice, or too many currencies")
        if not (_RATE.fullmatch(text) and Decimal(text) > 0):
            raise _wrong(f"with a rate of {currency} that is not a number above 0")
        self._per_base[currency] = Decimal(text)


def _refuse_definitions(*_: object) -> NoReturn:
    raise _wrong("with definitions of its own, which are never followed")


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"The file of reference rates is {what}; {_REMEDY}.")
