"""`pos enrol`: make this device a till of a switch, or give the till a new key.

Apart from `pos scheme`, which acts for the switch: this is the till's half.
"""

import ipaddress
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import click

from pos.commands.options import config_option, plain_device_errors, state_option
from pos.config import FILE_NAME, load
from pos.errors import Refused, SettingsError, WrongUse
from pos.folders import state_folder

CAMERA_S_MAX = 120.0
FRAME_S_MAX = 5.0


@click.command()
@click.option("--switch", "url", metavar="URL", help="Where the switch is.")
@click.option("--code", metavar="CODE", help="The pairing code, or the text of its QR code.")
@click.option("--image", metavar="FILE", help="A picture of the invitation's QR code.")
@click.option("--camera", is_flag=True, help="Read the invitation's QR code with the camera.")
@click.option("--ca-file", default="", metavar="FILE", help="Whose certificates to trust, PEM.")
@click.option("--force", is_flag=True, help="Change an existing terminal.toml.")
@click.option("--insecure", is_flag=True, help="Allow plain http to another machine.")
@click.option("--rotate", is_flag=True, help="Give an enrolled till a new key.")
@state_option
@config_option
def enrol(
    url: str | None,
    code: str | None,
    image: str | None,
    ca_file: str,
    state: str | None,
    config: str | None,
    *,
    camera: bool,
    force: bool,
    insecure: bool,
    rotate: bool,
) -> None:
    """Make this device a till of the switch that gave the pairing code (`pos scheme invite`).
    The keys are made here and never leave. With --rotate, change the key of an enrolled till."""
    folder = state_folder(state)
    settings = Path(config or os.environ.get("POS_CONFIG", "") or folder / FILE_NAME).absolute()
    if rotate:
        if url or code or image or camera:
            raise WrongUse("An enrolled till needs no code for a new key: give --rotate alone.")
        _rotate(folder, settings)
        return
    if bool(code) + bool(image) + camera != 1:
        raise WrongUse("Say how pos scheme invite's code comes: one of --code, --image, --camera.")
    # Settings without a switch are nobody's yet: the installer puts such a file in place.
    if settings.exists() and not force and load(settings).switch is not None:
        raise SettingsError(
            f"There is a {settings} already; say --force to change who it is, or --rotate for a "
            "new key."
        )
    if not code:
        code = _read_camera(settings) if camera else _read_image(str(image))
    _enrol(folder, settings, url, code, ca_file, insecure=insecure)


def _enrol(
    folder: Path, settings: Path, url: str | None, code: str, ca_file: str, *, insecure: bool
) -> None:
    from pos import provision
    from pos.switch.enrolling import enrol as ask
    from pos.switch.pairing import QR_PREFIX, PairingCode, read_qr, switch_url

    if code.startswith(QR_PREFIX):
        named, pairing = read_qr(code)
    elif url is None:
        raise WrongUse("Say where the switch is: --switch URL.")
    else:
        named, pairing = "", PairingCode.read(code)
    url = switch_url(url) if url is not None else named
    _check_transport(url, insecure=insecure)
    if ca_file and not Path(ca_file).is_file():
        raise SettingsError(f"There is no file {ca_file}; correct --ca-file.")
    key = provision.next_key(folder)
    enrolled = ask(url, pairing, key, ca_file)
    provision.write_enrolled(settings, url, enrolled, provision.keep_next_key(folder, key), ca_file)
    provision.forget_next_key(folder)
    click.echo(f"enrolled as {enrolled.client_id} at {url}")
    _probe(settings)


def _rotate(folder: Path, settings: Path) -> None:
    from pos import provision
    from pos.embedded import caller_of
    from pos.switch.enrolling import rotate as ask
    from pos.switch.signature import load_private_key, public_key_line

    section = load(settings).switch if settings.exists() else None
    if section is None:
        raise SettingsError(f"{settings} names no switch; enrol this till first: pos enrol --code.")
    key = provision.next_key(folder)
    present = load_private_key(Path(section.key).read_bytes())
    if public_key_line(key) == public_key_line(present):
        # The last change was written down whole; only its trace was left.
        provision.forget_next_key(folder)
        key = provision.next_key(folder)
    caller = ask(caller_of(section), key)
    provision.write_rotated(settings, provision.keep_next_key(folder, key), caller.signer.version)
    provision.forget_next_key(folder)
    click.echo(f"{section.client_id} has key version {caller.signer.version} now")
    click.echo("A till that is running must be started again within 24 hours.")
    _probe(settings)


def _probe(settings_file: Path) -> None:
    """Ask the switch something under the new settings. Raises Refused when it does not answer."""
    from pos.embedded import caller_of
    from pos.sale.view import LinkState
    from pos.switch.client import WireSwitch
    from pos.switch.exchange import Exchange

    settings = load(settings_file)
    assert settings.switch is not None  # noqa: S101 - it was just written
    switch = WireSwitch(Exchange(caller_of(settings.switch)), settings.parties())
    try:
        switch.probe()
    finally:
        switch.close()
    if switch.link is not LinkState.UP or switch.setup_fault:
        what = switch.setup_fault or switch.link.name.lower()
        raise Refused(f"{settings_file} is written, but the switch is not reached ({what}).")
    click.echo("ready: the switch answers and knows this till")


def _check_transport(url: str, *, insecure: bool) -> None:
    """Raises SettingsError for plain http to another machine, unless that was asked for."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if parts.scheme != "https" and not here and not insecure:
        raise SettingsError(
            "Over plain http anybody on the way can read a customer's payment code and use it "
            "first; use https, or say --insecure where the network is yours alone."
        )


def _read_image(file: str) -> str:
    """The text of the one QR code in a picture. Raises WrongUse."""
    from hardware.decoder import Decoder
    from hardware.pictures import open_picture

    with plain_device_errors():
        symbols = Decoder().read_thoroughly(open_picture(Path(file)))
    if len(symbols) != 1:
        raise WrongUse("The picture must show one QR code; take it again, or type --code.")
    return symbols[0].text


def _read_camera(settings: Path) -> str:
    """The text of the first invitation that is held before the till's own camera.

    Raises SettingsError without a camera, Refused when none is held up in time.
    """
    from hardware.bench import DeviceSpec, open_devices
    from hardware.decoder import Decoder
    from pos.switch.pairing import QR_PREFIX

    named = load(settings if settings.exists() else None).devices.camera
    with plain_device_errors():
        camera = open_devices(DeviceSpec(camera=named)).camera
        if camera is None:
            raise SettingsError("No camera is found: plug one in, or give --code or --image.")
        click.echo("Hold the QR code of pos scheme invite before the camera.")
        try:
            camera.open()
            decoder = Decoder()
            ends_s = time.monotonic() + CAMERA_S_MAX
            while time.monotonic() < ends_s:
                for symbol in decoder.read(camera.frame(FRAME_S_MAX).luma):
                    if symbol.text.startswith(QR_PREFIX):
                        return symbol.text
        finally:
            camera.close()
    raise Refused("No invitation was held before the camera; run pos enrol --camera again.")
