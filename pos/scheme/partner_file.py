"""The table of partners as files say it: what ships, and what a scheme adds or changes.

Apart from the table itself so that every fault of a file is found and named before a switch opens.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pos.errors import SettingsError
from pos.sale.money import EXPONENTS
from pos.scheme.routing import (
    QUOTE_MINUTES,
    SCHEME,
    DemoCustomer,
    Scheme,
    UpstreamTerms,
    WalletTerms,
)

Entry = dict[str, Any]

PARTNERS_MAX = 200
MARKUP_MAX = 2_000  # basis points
QUOTE_MINUTES_MAX = 1_440
_USER_DIGITS = 16
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_ISSUER = re.compile(r"\d{6}", re.ASCII)
_SHAPE = re.compile(r"\d{1,16}#{8,30}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
_PARTNER_KEYS = {
    "name", "psp_name", "title", "colour", "currency", "languages", "issuer", "code", "patterns",
    "otherwise", "limit", "funds", "upstream", "markup", "quote_minutes",
}  # fmt: skip
_CUSTOMER_KEYS = {"wallet", "name", "balance", "msisdn"}
_UPSTREAM_KEYS = {
    "url", "client_id", "key", "public_key", "key_version", "ca_file", "order_codes",
}  # fmt: skip
_FUNDED = ("coupons",)
_FUNDERS = ("wallet", SCHEME)


@cache
def shipped_scheme() -> Scheme:
    """The scheme as `wallets.toml` in this package describes it."""
    return _scheme(*_entries(_shipped()))


def read_scheme(extra: Path | None) -> Scheme:
    """The scheme that ships, with the partners and customers of the file `extra` in it.

    Raises SettingsError naming what is wrong.
    """
    if extra is None:
        return shipped_scheme()
    try:
        document = tomllib.loads(extra.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsError(
            f"The partners {extra} cannot be read ({fault}); correct the file."
        ) from None
    partners, customers = _entries(_shipped())
    more, people = _entries(document)
    by_name = {entry["name"]: entry for entry in partners}
    for entry in more:
        by_name[entry["name"]] = by_name.get(entry["name"], {}) | entry
    return _scheme(list(by_name.values()), [*customers, *people], extra.parent)


def _shipped() -> dict[str, Any]:
    text = resources.files("pos.scheme").joinpath("wallets.toml").read_text("utf-8")
    return tomllib.loads(text)


def _entries(document: Mapping[str, Any]) -> tuple[list[Entry], list[Entry]]:
    """The [[partner]] and [[customer]] tables, with no keys that are not known."""
    _known("The file of partners", document, {"partner", "customer"})
    partners, customers = document.get("partner", []), document.get("customer", [])
    for name, rows in (("partner", partners), ("customer", customers)):
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SettingsError(f"The file of partners has tables [[{name}]]; write them so.")
    for number, row in enumerate(partners, 1):
        name = row.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == SCHEME:
            raise SettingsError(
                f"[[partner]] {number}: name is 1 to 32 small letters, digits and hyphens, and not "
                f"{SCHEME}; correct it."
            )
        _known(f"Partner {name}", row, _PARTNER_KEYS)
    names = [row["name"] for row in partners]
    if len(set(names)) != len(names):
        raise SettingsError("A file names each partner once; write its keys into one entry.")
    return partners, customers


def _scheme(partners: Sequence[Entry], customers: Sequence[Entry], folder: Path = Path()) -> Scheme:
    if len(partners) > PARTNERS_MAX:
        raise SettingsError(f"There can be {PARTNERS_MAX} partners; leave some out.")
    wallets = tuple(_partner(entry, folder) for entry in partners)
    shapes = [row.code for row in wallets]
    for row in wallets:
        if shapes.count(row.code) > 1:
            raise SettingsError(
                f"Partner {row.name}: its issuer or code is another partner's too; correct one."
            )
    homes = {row.name for row in wallets if row.upstream is None}
    # Of a partner that another switch stands for, the customers are over there.
    away = {row.name for row in wallets} - homes
    people = (_customer(number, entry, homes | away) for number, entry in enumerate(customers, 1))
    return Scheme(wallets, tuple(person for person in people if person.wallet in homes))


def _partner(entry: Entry, folder: Path) -> WalletTerms:
    where = f"Partner {entry['name']}"
    upstream = _upstream(where, entry["upstream"], folder) if "upstream" in entry else None
    currency = _text(where, entry, "currency") if upstream is None else ""
    if upstream is None and currency not in EXPONENTS:
        raise SettingsError(f"{where}: currency is one of {', '.join(EXPONENTS)}; correct it.")
    colour = _text(where, entry, "colour")
    if not _COLOUR.fullmatch(colour):
        raise SettingsError(f'{where}: colour is written like "#1677ff"; correct it.')
    languages = _texts(where, entry, "languages")
    if not all(_LANGUAGE.fullmatch(each) for each in languages):
        raise SettingsError(f'{where}: languages are written like ["nb", "en"]; correct them.')
    limit = entry.get("limit")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise SettingsError(f"{where}: limit is whole smallest units above zero; correct it.")
    code = _shape(where, entry)
    own = re.compile(code.replace("#", r"\d"), re.ASCII)
    return WalletTerms(
        name=entry["name"],
        psp_name=_text(where, entry, "psp_name"),
        title=_text(where, entry, "title"),
        colour=colour,
        currency=currency,
        code=code,
        patterns=(own, *_patterns(where, entry, "patterns")),
        otherwise=_patterns(where, entry, "otherwise"),
        languages=languages,
        limit=limit,
        funds=_funds(where, entry.get("funds", {})),
        upstream=upstream,
        markup=_whole(where, entry, "markup", 0, range(MARKUP_MAX + 1)),
        quote_minutes=_whole(
            where, entry, "quote_minutes", QUOTE_MINUTES, range(1, QUOTE_MINUTES_MAX + 1)
        ),
    )


def _shape(where: str, entry: Entry) -> str:
    if "code" in entry:
        shape = _text(where, entry, "code")
        if not _SHAPE.fullmatch(shape) or len(shape) > 32:
            raise SettingsError(
                f'{where}: code is digits and then at least eight #, like "988#################"; '
                "correct it."
            )
        return shape
    issuer = _text(where, entry, "issuer")
    if not _ISSUER.fullmatch(issuer):
        raise SettingsError(f'{where}: issuer is six digits, like "281031"; correct it.')
    return f"{issuer}02{'#' * _USER_DIGITS}"


def _patterns(where: str, entry: Entry, key: str) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(text, re.ASCII) for text in _texts(where, entry, key))
    except re.error as fault:
        raise SettingsError(
            f"{where}: {key} holds no regular expression ({fault}); correct it."
        ) from None


def _funds(where: str, funds: Any) -> dict[str, str]:
    if not isinstance(funds, dict):
        raise SettingsError(f'{where}: funds is written like {{ coupons = "wallet" }}; correct it.')
    for what, who in funds.items():
        if what not in _FUNDED or who not in _FUNDERS:
            raise SettingsError(
                f"{where}: funds says for {' and '.join(_FUNDED)} one of {', '.join(_FUNDERS)}; "
                "correct it."
            )
    return dict(funds)


def _upstream(where: str, table: Any, folder: Path) -> UpstreamTerms:
    where = f"{where}, upstream"
    if not isinstance(table, dict):
        raise SettingsError(f"{where} is a table [partner.upstream]; write it so.")
    _known(where, table, _UPSTREAM_KEYS)
    order_codes = table.get("order_codes", False)
    if not isinstance(order_codes, bool):
        raise SettingsError(f"{where}: order_codes is true or false; correct it.")
    url = _text(where, table, "url")
    if not url.startswith(("https://", "http://")):
        raise SettingsError(f"{where}: url begins with https://; correct it.")
    ca_file = _text(where, table, "ca_file", "")
    return UpstreamTerms(
        url=url,
        client_id=_text(where, table, "client_id"),
        key=str(folder / _text(where, table, "key")),
        public_key=_text(where, table, "public_key"),
        key_version=_text(where, table, "key_version", "1"),
        ca_file=str(folder / ca_file) if ca_file else "",
        order_codes=order_codes,
    )


def _customer(number: int, entry: Entry, names: set[str]) -> DemoCustomer:
    where = f"[[customer]] {number}"
    _known(where, entry, _CUSTOMER_KEYS)
    wallet, balance = _text(where, entry, "wallet"), entry.get("balance")
    if wallet not in names:
        raise SettingsError(f"{where}: there is no partner {wallet!r}; name one of the file's.")
    if type(balance) is not int or balance < 0:
        raise SettingsError(f"{where}: balance is whole smallest units; correct it.")
    msisdn = _text(where, entry, "msisdn", "") or None
    return DemoCustomer(wallet, _text(where, entry, "name"), balance, msisdn)


def _text(where: str, entry: Mapping[str, Any], key: str, default: str | None = None) -> str:
    text = entry.get(key, default)
    if not isinstance(text, str) or len(text) > 2048 or (not text and default is None):
        raise SettingsError(f"{where}: {key} is missing or not text; write it.")
    return text


def _whole(where: str, entry: Mapping[str, Any], key: str, default: int, within: range) -> int:
    value = entry.get(key, default)
    if type(value) is not int or value not in within:
        raise SettingsError(
            f"{where}: {key} is a whole number from {within[0]} to {within[-1]}; correct it."
        )
    return value


def _texts(where: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = entry.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise SettingsError(f"{where}: {key} is a list of texts; write it so.")
    return tuple(texts)


def _known(where: str, table: Mapping[str, Any], keys: set[str]) -> None:
    unknown = sorted(set(table) - keys)
    if unknown:
        raise SettingsError(
            f"{where} has the unknown key {unknown[0]!r}; use {', '.join(sorted(keys))}."
        )
