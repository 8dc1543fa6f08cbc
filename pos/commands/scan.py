"""`pos scan`: what the scanner reads in pictures or live, and what each code is."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click

from pos.commands.options import (
    config_option,
    json_option,
    opened,
    plain_device_errors,
    state_option,
)
from pos.errors import Refused, WrongUse
from pos.sale.code import PaymentCode, describe, recognise


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--camera", is_flag=True, help="Live, from the camera of the settings, until Ctrl+C.")
@click.option("--seconds", type=float, help="With --camera: stop by itself after so long.")
@json_option
@state_option
@config_option
def scan(
    files: tuple[Path, ...],
    seconds: float | None,
    state: str | None,
    config: str | None,
    *,
    camera: bool,
    as_json: bool,
) -> None:
    """What the scanner reads: text, symbology, what it is, milliseconds. Live, the text of a
    payment code is left out: it is a stranger's money. Exit 1 when nothing was read."""
    if bool(files) == camera:
        raise WrongUse("Name picture files, or say --camera.")
    readings = _live(seconds, state, config) if camera else _pictures(files)
    count = 0
    for reading in readings:
        count += bool(reading["symbology"])
        click.echo(json.dumps(reading) if as_json else _line(reading))
    if not count:
        raise Refused("No code was read.")


def _pictures(files: tuple[Path, ...]) -> Iterator[dict[str, object]]:
    from hardware.decoder import Decoder
    from hardware.pictures import open_picture

    decoder = Decoder()
    for file in files:
        with plain_device_errors():
            luma = open_picture(file)
        began_s = time.perf_counter()
        symbols = decoder.read_thoroughly(luma)
        took_ms = round((time.perf_counter() - began_s) * 1000, 1)
        if not symbols:
            yield _reading(str(file), "", "", took_ms)
        for symbol in symbols:
            yield _reading(str(file), symbol.text, symbol.symbology.value, took_ms)


def _live(
    seconds: float | None, state: str | None, config: str | None
) -> Iterator[dict[str, object]]:
    import queue

    from hardware.bench import open_devices
    from hardware.decoder import Decoder
    from hardware.devices import Symbol
    from hardware.scanner import Scanner
    from pos.terminal import device_spec

    _, settings = opened(state, config)
    found: queue.Queue[Symbol | str | None] = queue.Queue(256)
    with plain_device_errors():
        devices = open_devices(device_spec(settings))
    if devices.camera is None:
        raise WrongUse("There is no camera; plug one in, or name one under [devices] camera.")
    scanner = Scanner(devices.camera, Decoder(), found.put, found.put)
    thread = threading.Thread(target=scanner.run, name="scanner", daemon=True)
    scanner.arm()
    thread.start()
    ends_s = time.monotonic() + seconds if seconds is not None else None
    try:
        while ends_s is None or time.monotonic() < ends_s:
            try:
                item = found.get(timeout=0.2)
            except queue.Empty:
                continue
            if isinstance(item, Symbol):
                yield _reading("camera", item.text, item.symbology.value, 0.0, secret=True)
            elif item is not None:
                click.echo(item, err=True)
    except KeyboardInterrupt:
        return
    finally:
        scanner.stop()
        thread.join(10)
        devices.close()


def _reading(
    source: str, text: str, symbology: str, took_ms: float, *, secret: bool = False
) -> dict[str, object]:
    """One line of output; where `secret`, the text of a payment code is left out."""
    if not symbology:
        return {"source": source, "text": "", "symbology": "", "is": "nothing read", "ms": took_ms}
    code = recognise(text, symbology)
    shown = "" if secret and isinstance(code, PaymentCode) else text
    return {"source": source, "text": shown, "symbology": symbology, "is": describe(code),
            "ms": took_ms}  # fmt: skip


def _printable(text: str) -> str:
    """The text with control and other unprintable characters as \\x escapes."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _line(reading: dict[str, object]) -> str:
    told = reading | {"text": _printable(str(reading["text"]))}
    return "{source}\t{symbology}\t{is}\t{text}\t{ms} ms".format_map(told)
