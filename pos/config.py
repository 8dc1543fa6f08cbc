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
from pos.sale.merchant import Merchant, Role, Store, Terminal
from pos.sale.money import Amount, exponent
from pos.sale.vat import VatClass

FILE_NAME = "terminal.toml"
LENT_KEYS = "keys"  # as the units name the folder of keys among their credentials

# A terminal whose payments by the static code can be named on the wire.
CODED = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)

# A terminal that can be named in a topic of MQTT, where `/`, `+` and `#` mean something.
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
# What leaves this machine is encrypted.
BROKER = r"^(mqtts://[^/?#@:\s]+(:\d{1,5})?|mqtt://(localhost|127\.0\.0\.1)(:\d{1,5})?)/?$"

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


class FleetSection(_Section):
    """[fleet]: who watches over this till from afar; left out, nobody does.

    `broker` is an MQTT 5 broker as `mqtts://host:8883`; `mqtt://` without TLS only on this machine.
    `name` is this till's there, its user too; left out, the references of store and terminal.
    `password_file` holds its password, and `public_key` (one line of base64, as `pos fleet key`
    prints it) is whose pushed settings are taken. Paths are relative to the file.
    """

    broker: Annotated[str, StringConstraints(pattern=BROKER)]
    ca_file: str = ""
    name: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")] = ""
    password_file: str = ""
    public_key: str = ""


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
    fleet: FleetSection | None = None

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
    return settings.model_copy(update=_with_files(settings, path.parent))


def _with_files(settings: Settings, folder: Path) -> dict[str, _Section]:
    """The sections that name files, with their paths from `folder` made absolute."""
    changed: dict[str, _Section] = {}
    if settings.order.catalogue:
        changed["order"] = _found(settings.order, folder)
    if settings.switch is not None:
        changed["switch"] = _rooted(settings.switch, folder)
    if settings.fleet is not None:
        changed["fleet"] = _joined(settings, settings.fleet, folder)
    return changed


def _found(order: OrderSection, folder: Path) -> OrderSection:
    """The same with its path made absolute, and of a kind that can be read."""
    catalogue = folder / order.catalogue
    if catalogue.suffix not in (".toml", ".csv"):
        raise SettingsError(
            f"order.catalogue names {catalogue}, which is neither .toml nor .csv; name one that is."
        )
    return order.model_copy(update={"catalogue": str(catalogue)})


def _rooted(switch: SwitchSection, folder: Path) -> SwitchSection:
    """The same with its paths made absolute, and the key file surely there.

    A service gets its key lent by systemd (LoadCredential=), under the name of the file.
    """
    key = _lent(folder / switch.key)
    if not key.is_file():
        raise SettingsError(f"switch.key names {key}, which is not there; make it or correct it.")
    ca_file = str(folder / switch.ca_file) if switch.ca_file else ""
    return switch.model_copy(update={"key": str(key), "ca_file": ca_file})


def _joined(settings: Settings, fleet: FleetSection, folder: Path) -> FleetSection:
    """The same with its paths made absolute and there, and a name that a topic may have."""
    name = fleet.name or f"{settings.store.reference}.{settings.terminal.reference}"
    if not NAMED.fullmatch(name):
        raise SettingsError(f"{name} cannot name a till in a fleet; give fleet.name another one.")
    changed = {"name": name}
    for key in ("ca_file", "password_file"):
        given = getattr(fleet, key)
        if given:
            path = _lent(folder / given)
            if not path.is_file():
                raise SettingsError(f"fleet.{key} names {path}, which is not there; correct it.")
            changed[key] = str(path)
    return fleet.model_copy(update=changed)


def _lent(path: Path) -> Path:
    """The file itself, or the copy of it that systemd lends to the service."""
    lent = Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / f"{LENT_KEYS}_{path.name}"
    return lent if lent.is_absolute() and lent.is_file() else path


def _plainly(fault: ValidationError) -> str:
    """The first fault as a sentence; the value itself may be a secret."""
    first = fault.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"the key {key} is not known; remove it or correct its spelling."
    if first["type"] == "missing":
        return f"the key {key} is missing; add it."
    return f"the key {key} is wrong: {first['msg'].lower()}."
