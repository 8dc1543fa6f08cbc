"""terminal.toml to frozen settings; every fault is named with its key, before anything is sold.

Apart so that nothing else reads files or environment to learn how it is set up. Without a file
the built-in settings make a till of its own: a demo shop that sells through an embedded switch.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pos.errors import AmountError, SettingsError
from pos.fleet_settings import FleetSection
from pos.sale.merchant import Merchant, Role, Store, Terminal
from pos.sale.money import Amount, exponent
from pos.sale.vat import VatClass
from pos.shop_settings import ShopSection

FILE_NAME = "terminal.toml"
LENT_KEYS = "keys"  # as the units name the folder of keys among their credentials
# A terminal whose payments by the static code can be named on the wire.
CODED = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MerchantSection(_Section):
    """[merchant]: who sells. `mcc` is the ISO 18245 category, four digits."""

    reference: Name = "M-0001"
    name: Name = "Fjord Kafe"
    mcc: Annotated[str, StringConstraints(pattern=r"^\d{4}$")] = "5814"
    org_number: str = ""


class StoreSection(_Section):
    """[store]: where. `country` is whose VAT rates hold."""

    reference: Name = "OSL-1"
    name: Name = "Fjord Kafe Oslo S"
    address: str = "Jernbanetorget 1, 0154 Oslo"
    country: Literal["NO", "FI"] = "NO"


class TerminalSection(_Section):
    """[terminal]: this device. `currency` is ISO 4217, `language` one of the six catalogues.

    `role` is "terminal" beside a cash register, whose slips are no purchase receipts, or "till"
    where this device is the cash register. `static_code` is whether the till shows what is paid
    by its static code.
    """

    reference: Name = "T01"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "NOK"
    language: Literal["en", "nb", "fi", "sv", "da", "zh"] = "en"
    role: Role = Role.TERMINAL
    theme: Literal["dark", "light", "contrast"] = "dark"
    static_code: bool = False


class StaffSection(_Section):
    """[staff]: what a cashier needs a supervisor's PIN for: a refund above `refund_above`."""

    refund_above: str = "500"


class OrderSection(_Section):
    """[order]: what is sold. `catalogue` is a .toml or .csv file of products, or empty.

    `vat_class` is that of a sale by amount, `tips` whether a tip may be added before paying.
    Paths are relative to the file.
    """

    catalogue: str = ""
    vat_class: VatClass = VatClass.STANDARD
    tips: bool = False


class SwitchSection(_Section):
    """[switch]: whose switch this till pays into; left out, the till runs one of its own.

    `key` is the till's private key file and `key_version` what the switch knows it by,
    `public_key` the switch's own key as one line of base64. `pos enrol` writes all of these.
    Paths are relative to the file.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+/?$")]
    client_id: Name
    key: str
    key_version: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,5}$")] = "1"
    public_key: str
    ca_file: str = ""


# Those of the header that are free on every Pi; -1 where nothing is wired.
Pin = Annotated[int, Field(ge=-1, le=27)]


class PinsSection(_Section):
    """[devices.pins]: GPIO numbers (BCM) of lights, buzzer and buttons; see `pos wiring`."""

    red: Pin = 17
    green: Pin = 27
    blue: Pin = 22
    yellow: Pin = 22
    buzzer: Pin = 18
    pay: Pin = 5
    cancel: Pin = 6
    help: Pin = 13
    remove: Pin = 26


class DevicesSection(_Section):
    """[devices]: as `hardware.bench` spells them; `none` where there is none.

    `paper_mm` is the width of the roll, and `printer_columns` the letters of a row, 0 for what
    every printer of that width has.
    """

    camera: str = "auto"
    indicator: str = "none"
    buttons: str = "none"
    printer: str = "none"
    paper_mm: Literal[58, 80] = 80
    printer_columns: Annotated[int, Field(ge=0, le=64)] = 0
    pins: PinsSection = PinsSection()
    hand_scanner: str = "none"
    voice: str = "none"


class KioskSection(_Section):
    """[kiosk]: the visitors' side. `site` is the .toml file of tickets and hours, relative to this
    file; `keyboard` is whether a keyboard works it too, else only touches and codes do. `speaking`
    is whether it speaks, in numbered lines for three buttons, instead of drawing a screen."""

    site: str = ""
    keyboard: bool = False
    speaking: bool = False


class CameraSection(_Section):
    """[camera]: how it is mounted; `pos camera --calibrate` measures and writes the first three.

    `lens_position` in dioptres (1 / metres), `exposure_us` in microseconds, `gain` of the sensor;
    what is left out stays automatic. `preview`: whether its picture is shown while a code is
    waited for; left out, at a counter only. `field_of_view` in degrees, from side to side.
    """

    lens_position: Annotated[float, Field(ge=0, le=32)] | None = None
    exposure_us: Annotated[int, Field(ge=50, le=66_000)] | None = None
    gain: Annotated[float, Field(ge=1, le=64)] | None = None
    preview: bool | None = None
    field_of_view: Annotated[float, Field(ge=20, le=160)] = 66.0


class GateSection(_Section):
    """[gate]: a turnstile of `site`, called `name` among its gates; see `pos gate`.

    `keys` is the file of public keys that sign its tickets, `revoked` are files or URLs of lists of
    tickets given back, `share` the folder in which the gates tell each other whom they let in.
    Early and late are forgiven by `leeway_min` minutes. Paths are relative to the file.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")] = "gate"
    site: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,24}$")]
    keys: str
    revoked: tuple[str, ...] = ()
    share: str = ""
    leeway_min: Annotated[int, Field(ge=0, le=240)] = 15


class Settings(_Section):
    """All of terminal.toml."""

    merchant: MerchantSection = MerchantSection()
    store: StoreSection = StoreSection()
    terminal: TerminalSection = TerminalSection()
    order: OrderSection = OrderSection()
    staff: StaffSection = StaffSection()
    switch: SwitchSection | None = None
    devices: DevicesSection = DevicesSection()
    camera: CameraSection = CameraSection()
    kiosk: KioskSection = KioskSection()
    gate: GateSection | None = None
    fleet: FleetSection | None = None
    shop: ShopSection | None = None

    def parties(self) -> Terminal:
        """Merchant, store and terminal as every payment carries them."""
        merchant = Merchant(**self.merchant.model_dump())
        store = Store(**self.store.model_dump())
        terminal = self.terminal
        return Terminal(terminal.reference, merchant, store, terminal.currency, terminal.role)

    def refund_limit(self) -> int:
        """Minor units above which a refund needs a supervisor. Raises AmountError."""
        return Amount.parse(self.staff.refund_above, self.terminal.currency).value


def find(
    option: str | None, state: Path, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """The settings file: `--config`, or POS_CONFIG, or terminal.toml in the state folder.

    None when there is none at all; SettingsError when one was named that is not there.
    """
    named = option or environment.get("POS_CONFIG", "")
    if named:
        if not Path(named).is_file():
            raise SettingsError(f"There is no settings file {named}; name another with --config.")
        return Path(named)
    usual = state / FILE_NAME
    return usual if usual.is_file() else None


def load(path: Path | None) -> Settings:
    """The settings in `path`, or the built-in ones. Raises SettingsError naming the key."""
    if path is None:
        return Settings()
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{path} cannot be read; check that it is a text file.") from fault
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"{path} is not TOML: {fault}.") from None
    try:
        settings = Settings.model_validate(fields)
        exponent(settings.terminal.currency)
    except ValidationError as fault:
        raise SettingsError(f"{path}: {_plainly(fault)}") from None
    except AmountError as fault:
        raise SettingsError(f"{path}: the key terminal.currency is wrong: {fault}") from None
    try:
        settings.refund_limit()
    except AmountError as fault:
        raise SettingsError(f"{path}: the key staff.refund_above is wrong: {fault}") from None
    if settings.terminal.static_code and not CODED.fullmatch(settings.terminal.reference):
        raise SettingsError(
            f"{path}: a till with a static code needs a terminal.reference of 1 to 32 letters, "
            "digits, hyphens or underscores; correct it, or remove terminal.static_code."
        )
    return _complete(settings, path.parent)


def _complete(settings: Settings, folder: Path) -> Settings:
    """The same with every path in it made absolute. Raises SettingsError for one that is wrong."""
    changed: dict[str, BaseModel] = {}
    if settings.order.catalogue:
        changed["order"] = _found(settings.order, folder)
    if settings.kiosk.site:
        site = str(folder / settings.kiosk.site)
        changed["kiosk"] = settings.kiosk.model_copy(update={"site": site})
    if settings.switch is not None:
        changed["switch"] = _rooted(settings.switch, folder)
    if settings.gate is not None:
        changed["gate"] = _at(settings.gate, folder)
    if settings.fleet is not None:
        changed["fleet"] = settings.fleet.complete(settings.parties(), folder, _key_file)
    if settings.shop is not None:
        key = _key_file(settings.shop.key, folder, "shop.key")
        changed["shop"] = settings.shop.model_copy(update={"key": key})
    return settings.model_copy(update=changed)


def _found(order: OrderSection, folder: Path) -> OrderSection:
    """The same with its path made absolute, and of a kind that can be read."""
    catalogue = folder / order.catalogue
    if catalogue.suffix not in (".toml", ".csv"):
        raise SettingsError(
            f"order.catalogue names {catalogue}, which is neither .toml nor .csv; name one that is."
        )
    return order.model_copy(update={"catalogue": str(catalogue)})


def _at(gate: GateSection, folder: Path) -> GateSection:
    """The same with its paths made absolute."""
    lists = (each if each.startswith("http") else str(folder / each) for each in gate.revoked)
    share = str(folder / gate.share) if gate.share else ""
    found = {"keys": str(folder / gate.keys), "revoked": tuple(lists), "share": share}
    return gate.model_copy(update=found)


def _rooted(switch: SwitchSection, folder: Path) -> SwitchSection:
    """The same with its paths made absolute, and the key file surely there."""
    key = _key_file(switch.key, folder, "switch.key")
    ca_file = str(folder / switch.ca_file) if switch.ca_file else ""
    return switch.model_copy(update={"key": key, "ca_file": ca_file})


def _key_file(named: str, folder: Path, setting: str) -> str:
    """The path of a file that only this till may read. Raises SettingsError when it is not there.

    A service gets its key lent by systemd (LoadCredential=), under the name of the file.
    """
    key = folder / named
    lent = Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / f"{LENT_KEYS}_{key.name}"
    if lent.is_absolute() and lent.is_file():
        key = lent
    if not key.is_file():
        raise SettingsError(f"{setting} names {key}, which is not there; make it or correct it.")
    return str(key)


def _plainly(fault: ValidationError) -> str:
    """The first fault as a sentence; the value itself may be a secret."""
    first = fault.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"the key {key} is not known; remove it or correct its spelling."
    if first["type"] == "missing":
        return f"the key {key} is missing; add it."
    return f"the key {key} is wrong: {first['msg'].lower()}."
