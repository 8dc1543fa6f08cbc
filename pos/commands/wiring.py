"""`pos wiring`: which pin of the Pi each light, the buzzer and each button is wired to.

Apart from the devices because a picture of wires needs the settings and no device at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import click

from hardware.pins import GROUNDS, HEADER
from pos.commands.options import config_option, opened, state_option
from pos.config import DevicesSection
from pos.errors import WrongUse

LED_OHM = 330

# Where the two rows of the header stand in the picture, in its own units, a pin 22 high.
_TOP, _PITCH = 90, 30
_LEFT_X, _RIGHT_X, _WIDTH = 430, 460, 890
_FACES = "ui-sans-serif, 'DejaVu Sans', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire: what hangs on it, its GPIO number, and how the other end is connected."""

    name: str
    gpio: int
    other_end: str
    colour: str

    @property
    def pin(self) -> int:
        """Of the 40-pin header."""
        return HEADER[self.gpio]


def wires(devices: DevicesSection, *, three: bool) -> Iterator[Wire]:
    """The wires of these settings: an RGB LED, or `three` single LEDs, buzzer and buttons."""
    pins = devices.pins
    resistor = f"{LED_OHM} Ω, LED, ground"
    third = ("yellow LED", pins.yellow, "#c79a00") if three else ("blue LED", pins.blue, "#2463d6")
    lamps = [("red LED", pins.red, "#c8322b"), ("green LED", pins.green, "#23874a"), third]
    buzzer = [("buzzer +", pins.buzzer, "#7a4bb5")]
    buttons = [
        ("pay button", pins.pay, "#111827"),
        ("cancel button", pins.cancel, "#111827"),
        ("help button", pins.help, "#111827"),
        ("remove button", pins.remove, "#111827"),
    ]
    for parts, other_end in (
        (lamps, resistor),
        (buzzer, "active buzzer, ground"),
        (buttons, "button, ground"),
    ):
        for name, gpio, colour in parts:
            if gpio >= 0:
                yield Wire(name, gpio, other_end, colour)


@click.command()
@click.option("--leds", is_flag=True, help='Three single LEDs, as for indicator = "leds".')
@click.option("--image", type=click.Path(path_type=Path), help="Draw it into this .svg.")
@state_option
@config_option
def wiring(image: Path | None, state: str | None, config: str | None, *, leds: bool) -> None:
    """Print, or draw, where lights, buzzer and buttons are wired on the Pi's 40-pin header."""
    _, settings = opened(state, config)
    devices = settings.devices
    made = tuple(wires(devices, three=leds or devices.indicator == "leds"))
    _require_free(made)
    if image is not None:
        if image.suffix.lower() != ".svg":
            raise WrongUse(f"--image {image} is no drawing; end it in .svg.")
        try:
            image.write_text(drawn(made), encoding="utf-8")
        except OSError as fault:
            raise WrongUse(f"{image} cannot be written ({fault.strerror}).") from fault
    for wire in made:
        click.echo(f"pin {wire.pin:>2}  GPIO{wire.gpio:<3} {wire.name:<14} {wire.other_end}")
    click.echo(f"ground: pin {', '.join(map(str, GROUNDS))}")


def _require_free(made: tuple[Wire, ...]) -> None:
    """Two on one pin, or a pin that is none, are told before anybody solders."""
    taken: dict[int, Wire] = {}
    for wire in made:
        if wire.gpio not in HEADER:
            raise WrongUse(f"GPIO{wire.gpio} is not on the header; choose another for {wire.name}.")
        if wire.gpio in taken:
            raise WrongUse(
                f"{wire.name} and {taken[wire.gpio].name} are both on GPIO{wire.gpio};"
                " change one under [devices.pins]."
            )
        taken[wire.gpio] = wire


def drawn(made: tuple[Wire, ...]) -> str:
    """The header with the wires of its used pins, as an SVG that refers to no other file."""
    by_pin = {wire.pin: wire for wire in made}
    height = _TOP + 20 * _PITCH + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' font-family="{_FACES}" font-size="14">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_WIDTH / 2}" y="34" text-anchor="middle" font-size="20" font-weight="bold">'
        "Samkassa on the 40-pin header</text>",
        f'<text x="{_WIDTH / 2}" y="58" text-anchor="middle" fill="#4b5563">'
        "seen from above, the USB sockets below; any ground will do</text>",
        f'<rect x="{_LEFT_X - 16}" y="{_TOP - 16}" width="62" height="{20 * _PITCH + 8}" rx="6"'
        ' fill="#1f2937"/>',
    ]
    for pin in range(1, 41):
        parts += _pin(pin, by_pin.get(pin))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _pin(pin: int, wire: Wire | None) -> Iterator[str]:
    left = pin % 2 == 1
    x, y = (_LEFT_X if left else _RIGHT_X), _TOP + (pin - 1) // 2 * _PITCH
    ground = pin in GROUNDS
    fill = wire.colour if wire else ("#000000" if ground else "#9ca3af")
    yield f'<circle cx="{x}" cy="{y}" r="8" fill="{fill}" stroke="#ffffff"/>'
    side, anchor = (-1, "end") if left else (1, "start")
    if wire is not None:
        end = x + side * 70
        yield (f'<path d="M {x + side * 8} {y} H {end}" stroke="{wire.colour}" stroke-width="4"/>')
        said = f"{wire.name} · GPIO{wire.gpio} · pin {pin}"
        yield (
            f'<text x="{end + side * 8}" y="{y - 1}" text-anchor="{anchor}" font-weight="bold">'
            f"{escape(said)}</text>"
        )
        yield (
            f'<text x="{end + side * 8}" y="{y + 11}" text-anchor="{anchor}" font-size="10"'
            f' fill="#4b5563">{escape(wire.other_end)}</text>'
        )
    elif ground:
        yield (
            f'<text x="{x + side * 22}" y="{y + 4}" text-anchor="{anchor}" font-size="11"'
            f' fill="#4b5563">ground · pin {pin}</text>'
        )
