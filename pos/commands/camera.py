"""`pos camera`: how well the camera works where it is mounted, and its calibration.

Plain lines, so that it works over SSH while somebody else holds the phone.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.options import (
    config_option,
    json_option,
    opened,
    plain_device_errors,
    state_option,
)
from pos.config import FILE_NAME, Settings, find
from pos.errors import Refused, WrongUse

if TYPE_CHECKING:
    from hardware.devices import Camera
    from hardware.examination import Condition

EVERY_S = 1.0
STOP_S = 10.0


@click.command()
@click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop by itself after so long.")
@click.option("--calibrate", is_flag=True, help="Find lens position and exposure; store them.")
@click.option(
    "--target",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the target page to print (.pdf) or to show on a phone (.png).",
)
@json_option
@state_option
@config_option
def camera(
    seconds: float | None,
    target: Path | None,
    state: str | None,
    config: str | None,
    *,
    calibrate: bool,
    as_json: bool,
) -> None:
    """How well the camera works where it is mounted: a line a second with pictures a second,
    focus (0 to 1), light (0 to 255), exposure, how much is read, and with the target page the
    distance and the best distance so far. Exit 1 when no picture came at all."""
    if target is not None:
        from hardware.target import save_target

        with plain_device_errors():
            save_target(target)
        click.echo(f"The target page is in {target}.")
        return
    folder, settings = opened(state, config)
    with _only_camera(settings) as eye:
        if calibrate:
            _calibrate(eye, settings, find(config, folder) or folder / FILE_NAME, as_json=as_json)
        else:
            _examine(eye, settings, seconds, as_json=as_json)


@contextmanager
def _only_camera(settings: Settings) -> Iterator["Camera"]:
    """The camera of the settings, without the other devices: a till may be using those."""
    from dataclasses import replace

    from hardware.bench import open_devices
    from pos.terminal import device_spec

    spec = replace(device_spec(settings), indicator="none", printer="none", hand_scanner="none")
    with plain_device_errors():
        devices = open_devices(spec)
    if devices.camera is None:
        raise WrongUse("There is no camera; plug one in, or name one under [devices] camera.")
    try:
        yield devices.camera
    finally:
        devices.close()


def _examine(eye: "Camera", settings: Settings, seconds: float | None, *, as_json: bool) -> None:
    from hardware.decoder import Decoder
    from hardware.examination import Examination
    from hardware.scanner import Scanner

    examination = Examination(settings.camera.field_of_view)

    def trouble(sentence: str | None) -> None:
        click.echo(sentence or "The camera gives pictures again.", err=True)

    scanner = Scanner(eye, Decoder(), lambda symbol: None, trouble, looked=examination.take)
    thread = threading.Thread(target=scanner.run, name="scanner", daemon=True)
    scanner.arm()
    thread.start()
    ends_s = time.monotonic() + seconds if seconds is not None else float("inf")
    pictures = False
    try:
        while (left_s := ends_s - time.monotonic()) > 0:
            thread.join(min(EVERY_S, left_s))
            condition = examination.condition()
            if condition is not None:
                pictures = True
                click.echo(json.dumps(_fields(condition)) if as_json else _line(condition))
    except KeyboardInterrupt:
        pass
    finally:
        scanner.stop()
        thread.join(STOP_S)
    if not pictures:
        raise Refused("The camera gave no picture.")


def _calibrate(eye: "Camera", settings: Settings, path: Path, *, as_json: bool) -> None:
    from hardware.calibration import Calibrator
    from pos.provision import rewrite

    def tell(sentence: str) -> None:
        click.echo(sentence, err=as_json)

    with plain_device_errors():
        eye.open()
        found = Calibrator(eye, settings.camera.field_of_view, tell).run()
    controls = {name: value for name, value in asdict(found.controls).items() if value is not None}
    if controls:
        rewrite(path, {"camera": controls})
    if as_json:
        told = asdict(found) | {"file": str(path) if controls else ""}
        click.echo(json.dumps(told))
        return
    kept = ", ".join(f"{name} = {value:g}" for name, value in controls.items())
    click.echo(f"Stored in {path} under [camera]: {kept}." if kept else "Nothing had to be stored.")
    click.echo(
        f"Focus {found.sharpness:.2f}, read {found.read_rate:.0%} at about {found.distance_mm} mm."
    )


def _fields(condition: "Condition") -> dict[str, object]:
    fields = asdict(condition)
    for name in ("frames_per_s", "sharpness", "brightness", "read_rate"):
        if fields[name] is not None:
            fields[name] = round(fields[name], 3)
    return fields


def _line(condition: "Condition") -> str:
    controls = condition.controls
    parts = [
        f"{condition.frames_per_s:4.1f} pictures/s",
        f"focus {condition.sharpness:.2f}",
        f"light {condition.brightness:3.0f}",
    ]
    if controls.exposure_us is not None:
        parts.append(f"exposure {controls.exposure_us} us")
    if controls.gain is not None:
        parts.append(f"gain {controls.gain:.1f}")
    if controls.lens_position is not None:
        parts.append(f"lens {controls.lens_position:.2f} dpt")
    rate = condition.read_rate
    parts.append("no code in view" if rate is None else f"read {rate:4.0%}")
    if condition.hint is not None:
        parts.append(condition.hint.value.replace("_", " "))
    if condition.distance_mm is not None:
        parts.append(f"at {condition.distance_mm} mm")
    if condition.best_distance_mm is not None:
        parts.append(f"best at {condition.best_distance_mm} mm")
    return "  ".join(parts)
