"""A catalogue file to products: TOML or CSV, every fault told with its line and a remedy.

Apart from `keeping` because a file can also be tried by a command, before the till sees it.

TOML holds one `[[product]]` for each, whose `name` is a text or a table of languages. CSV is
UTF-8 with a header of the same words and `name` or `name_nb`, `name_fi` and so on; fields are
parted by semicolons, commas or tabs, as the header is.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import tomli

from pos.errors import AmountError, SettingsError
from pos.sale.catalogue import Benefit, Catalogue, Product
from pos.sale.code import ProductCode, recognise
from pos.sale.money import Amount
from pos.sale.vat import VatClass

PRODUCT_COUNT_MAX = 100_000
FILE_SIZE_MAX_BYTES = 50_000_000
FAULT_COUNT_MAX = 20
NAME_LENGTH_MAX = 60
AGE_MAX = 99

LANGUAGES = ("nb", "en", "fi", "sv", "da", "zh")
_FIELDS = ("reference", "price", "vat", "gtin", "category", "age_limit", "benefit")
_NAMES = ("name", *(f"name_{language}" for language in LANGUAGES))
_REFERENCE = re.compile(r"[A-Za-z0-9._/-]{1,32}", re.ASCII)
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*product[ \t]*\]\]", re.MULTILINE)
_SYMBOLOGIES = {8: "EAN8", 12: "UPCA", 13: "EAN13"}

_Row = tuple[int, Mapping[str, str]]


class CatalogueError(SettingsError):
    """The catalogue file is refused; the message names file, line and remedy of every fault."""


class _Fault(ValueError):
    """What is wrong with one row, with the remedy."""


def load(path: Path, currency: str, language: str) -> Catalogue:
    """The products of the file at `path`, priced in `currency`; plain names are in `language`.

    Raises CatalogueError naming every fault, up to 20 of them, a line each.
    """
    text = _text(path)
    rows = _toml_rows(path, text, language) if path.suffix == ".toml" else _csv_rows(path, text)
    products: list[Product] = []
    faults: list[str] = []
    lines: dict[str, int] = {}
    for line, row in islice(rows, PRODUCT_COUNT_MAX):
        try:
            product = _product(row, currency, language)
            _check_single(product, line, lines)
        except (_Fault, AmountError) as fault:
            faults.append(f"{path}, line {line}: {fault}")
            if len(faults) == FAULT_COUNT_MAX:
                break
        else:
            products.append(product)
    if faults:
        raise CatalogueError("\n".join(faults))
    if not products:
        raise CatalogueError(f"{path}, line 1: there is no product in it; add one.")
    return Catalogue(products)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_SIZE_MAX_BYTES:
            raise CatalogueError(
                f"{path}, line 1: it is larger than {FILE_SIZE_MAX_BYTES // 10**6} MB; divide it."
            )
        data = path.read_bytes()
    except OSError as fault:
        raise CatalogueError(
            f"{path} cannot be read ({fault.strerror}); put it there, or correct order.catalogue."
        ) from fault
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise CatalogueError(
            f"{path}, line {line}: it is not UTF-8 (perhaps Latin-1); save it again as UTF-8, in "
            "a spreadsheet as “CSV UTF-8”."
        ) from None


def _toml_rows(path: Path, text: str, language: str) -> Iterator[_Row]:
    try:
        whole = tomli.loads(text)
    except tomli.TOMLDecodeError as fault:
        at = re.search(r"line (\d+)", str(fault))
        line = at[1] if at else str(text.count("\n") + 1)
        raise CatalogueError(
            f"{path}, line {line}: it is not TOML ({fault}); correct that line."
        ) from None
    unknown = [key for key in whole if key != "product"]
    tables = whole.get("product", [])
    if unknown or not isinstance(tables, list):
        raise CatalogueError(
            f"{path}, line 1: it may hold [[product]] tables only, not "
            f"{unknown[0] if unknown else 'a product that is no table'}; remove it."
        )
    starts = _starts(text)
    for number, table in enumerate(tables):
        line = starts[number] if number < len(starts) else 1
        yield line, _flat(table, language)


def _starts(text: str) -> list[int]:
    """The line of each `[[product]]`."""
    lines, line, before = [], 1, 0
    for found in _HEADER.finditer(text):
        line += text.count("\n", before, found.start())
        before = found.start()
        lines.append(line)
    return lines


def _flat(table: object, language: str) -> dict[str, str]:
    """A TOML table as a CSV row has it: texts only, a name for each language."""
    row: dict[str, str] = {}
    fields = table if isinstance(table, dict) else {"product": table}
    for key, value in fields.items():
        if key == "name" and isinstance(value, dict):
            row |= {f"name_{each}": str(text) for each, text in value.items()}
        elif isinstance(value, str | int) and not isinstance(value, bool):
            row[key] = str(value)
        else:
            row[key] = repr(value)  # a float for a price, a list: said below for what it is
    return row


def _csv_rows(path: Path, text: str) -> Iterator[_Row]:
    first = text.partition("\n")[0]
    mark = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    header: list[str] = []
    try:
        for fields in reader:
            if not header:
                header = [each.strip() for each in fields]
                _check_header(path, header)
            elif len(fields) != len(header) and any(each.strip() for each in fields):
                raise CatalogueError(
                    f"{path}, line {reader.line_num}: it has {len(fields)} fields and the header "
                    f"{len(header)}; put fields that hold “{mark}” in quotes, such as “45,00”."
                )
            elif any(each.strip() for each in fields):
                yield reader.line_num, dict(zip(header, fields, strict=True))
    except csv.Error as fault:
        raise CatalogueError(
            f"{path}, line {reader.line_num}: it is not CSV ({fault}); close the quotes there."
        ) from None


def _check_header(path: Path, header: list[str]) -> None:
    missing = [each for each in ("reference", "price", "vat") if each not in header]
    if not any(each in header for each in _NAMES):
        missing.append("name")
    twice = [each for each in header if header.count(each) > 1]
    if missing or twice:
        what = f"has no column {missing[0]}" if missing else f"has {twice[0]} twice"
        raise CatalogueError(
            f"{path}, line 1: the header {what}; it names reference, name, price and vat, and "
            "may name gtin, category, age_limit, benefit and name_fi and the like."
        )


def _product(row: Mapping[str, str], currency: str, language: str) -> Product:
    for key in row:
        if key not in _FIELDS and key not in _NAMES:
            raise _Fault(f"the field {key} is not known; remove it or correct its spelling.")
    value = {key: text.strip() for key, text in row.items()}
    reference = value.get("reference", "")
    if not _REFERENCE.fullmatch(reference):
        raise _Fault(
            f"the reference {reference!r} is not 1 to 32 letters, digits, dots, hyphens or "
            "slashes; correct it."
        )
    age = value.get("age_limit", "") or "0"
    if not age.isascii() or not age.isdecimal() or int(age) > AGE_MAX:
        raise _Fault(f"the age_limit {age!r} is not a number of years; write it like 18.")
    return Product(
        reference,
        _names(value, language),
        Amount.parse(value.get("price", ""), currency),
        VatClass(_known("vat", value.get("vat", ""), list(VatClass))),
        gtin=_gtin(value.get("gtin", "")),
        category=value.get("category", "")[:NAME_LENGTH_MAX],
        age_limit=int(age),
        benefit=_benefit(value.get("benefit", "")),
    )


def _names(value: Mapping[str, str], language: str) -> tuple[tuple[str, str], ...]:
    """The shop's own language first, and no empty ones."""
    named = {language: value.get("name", "")}
    named |= {each: value[f"name_{each}"] for each in LANGUAGES if value.get(f"name_{each}")}
    names = tuple((each, text) for each, text in named.items() if text)
    if not names:
        raise _Fault("it has no name; give it one.")
    for _, name in names:
        if len(name) > NAME_LENGTH_MAX or not name.isprintable():
            raise _Fault(
                f"the name {name[:20]!r} is longer than {NAME_LENGTH_MAX} characters or holds one "
                "that cannot be printed; shorten it."
            )
    return names


def _known(field: str, text: str, choices: list[VatClass] | list[Benefit]) -> str:
    if text not in choices:
        raise _Fault(f"the {field} {text!r} is not known; use one of {', '.join(choices)}.")
    return text


def _benefit(text: str) -> Benefit | None:
    return Benefit(_known("benefit", text, list(Benefit))) if text else None


def _gtin(text: str) -> str:
    """The number as a scanner reports it, 12 digits brought to 13."""
    if not text:
        return ""
    symbology = _SYMBOLOGIES.get(len(text))
    code = recognise(text, symbology) if symbology and text.isascii() else None
    if not isinstance(code, ProductCode):
        raise _Fault(
            f"the gtin {text[:20]!r} is not 8, 12 or 13 digits with a right check digit; type it "
            "again from the package."
        )
    return code.gtin


def _check_single(product: Product, line: int, lines: dict[str, int]) -> None:
    """Nothing is in the file twice by which a product is found."""
    for field, text in (("reference", product.reference), ("gtin", product.gtin)):
        if not text:
            continue
        before = lines.setdefault(f"{field} {text}", line)
        if before != line:
            raise _Fault(
                f"the {field} {text} is that of line {before} too; remove one or correct it."
            )
