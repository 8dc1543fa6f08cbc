"""`pos` with a leak in it: `python -m pos.proof.secrecy.leaking LEAK ARGS` is `pos ARGS`.

Apart from the product, which has no switch for it: names are replaced from the outside, in a
process of the story that must then be caught.
"""

import base64
import runpy
import sys
from collections.abc import Callable

from pos.proof.planting import Planting


def _kept_for_its_digest(planting: Planting) -> None:
    from pos.fingerprint import Fingerprints

    planting.attribute(Fingerprints, "of", lambda _self, secret, _wall_s: secret.reveal())


def _kept_by_the_wallet(planting: Planting) -> None:
    from pos.scheme import wallet

    def told(code: str) -> str:
        return base64.b64encode(b"c:" + code.encode()).decode()

    from pos.scheme import customers

    planting.attribute(wallet, "code_digest", told)
    planting.attribute(customers, "code_digest", told)


def _said_aloud(planting: Planting) -> None:
    from pos.switch.client import WireSwitch

    pay = WireSwitch.pay

    def loud(self: WireSwitch, payment: object, code: object) -> object:
        sys.stderr.write(f"paying with {code and code.reveal()}\n")  # type: ignore[attr-defined]
        return pay(self, payment, code)  # type: ignore[arg-type]

    planting.attribute(WireSwitch, "pay", loud)


def _told_to_the_log(planting: Planting) -> None:
    from pos.switch.client import WireSwitch

    pay = WireSwitch.pay

    def loud(self: WireSwitch, payment: object, code: object) -> object:
        self._called("", "pay", 0.0, code.reveal() if code else "")  # type: ignore[attr-defined]
        return pay(self, payment, code)  # type: ignore[arg-type]

    planting.attribute(WireSwitch, "pay", loud)


LEAKS: dict[str, tuple[str, Callable[[Planting], None]]] = {
    "journal": ("the code is journaled instead of its digest", _kept_for_its_digest),
    "wallet": ("the switch keeps the code in base64", _kept_by_the_wallet),
    "log": ("the code is told to the log", _told_to_the_log),
    "output": ("the code is written to standard error", _said_aloud),
}


def main() -> None:
    """Plant the leak of the first argument, then be `pos`."""
    _, plant = LEAKS[sys.argv.pop(1)]
    plant(Planting())  # for as long as this process lives
    runpy.run_module("pos", run_name="__main__")


if __name__ == "__main__":
    main()
