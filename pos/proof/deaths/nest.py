"""The parent of all processes of this gate: it has imported `pos` once, and forks for each.

A program of its own, `python -m pos.proof.deaths.nest`, with one thread, so that a fork copies no
lock that somebody holds. It reads one JSON object a line on standard input (see Order) and writes
one for each child that has ended: `{"number": 1, "status": -9}`. At the end of its input it kills
what still lives. Apart from the gate, which starts it and has threads.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import sys
from dataclasses import asdict, dataclass

CHUNK_BYTES = 65_536
TILL_NICENESS = 10
# What a till or a switch loads: once here, so that no child has to.
_LOADED = (
    "babel.messages.pofile", "cryptography.hazmat.backends.openssl.backend", "pos.cli",
    "pos.commands.sell", "pos.commands.refund", "pos.commands.recover",
    "pos.commands.switch", "pos.engine", "pos.switch.client", "pos.terminal", "hardware.document",
    "hardware.printer",
    "pos.proof.dying", "pos.proof.deaths.haste", "pos.scheme.app", "pos.scheme.background",
    "pos.scheme.measures", "pos.scheme.phone.routes", "pos.scheme.simulation", "uvicorn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """`pos ARGS` in a child of the number given, with its output in the file `out`.

    It dies at `moment` (see pos.proof.dying; empty for never) and has the bug `bug` planted in it,
    as `module:function` (empty for none). Without arguments: kill the child of this number, if it
    still lives.
    """

    number: int
    args: tuple[str, ...] = ()
    out: str = ""
    moment: str = ""
    bug: str = ""

    def line(self) -> bytes:
        """The order as the nest reads it."""
        return json.dumps(asdict(self)).encode() + b"\n"


class _Nest:
    def __init__(self, wakeup: int) -> None:
        self._wakeup = wakeup
        self._living: dict[int, int] = {}  # number by process id
        self._left = b""

    def serve(self) -> None:
        """Until the end of the input."""
        while True:
            ready, _, _ = select.select([0, self._wakeup], [], [])
            if self._wakeup in ready:
                os.read(self._wakeup, CHUNK_BYTES)
                self._reap()
            if 0 in ready:
                more = os.read(0, CHUNK_BYTES)
                if not more:
                    break
                *lines, self._left = (self._left + more).split(b"\n")
                for line in lines:
                    self._obey(Order(**json.loads(line)))
        for process in self._living:
            os.kill(process, signal.SIGKILL)

    def _obey(self, order: Order) -> None:
        if order.args:
            process = os.fork()
            if not process:
                _become(order)
            self._living[process] = order.number
            return
        for process, number in self._living.items():
            if number == order.number:
                os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        for process in list(self._living):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                told = {
                    "number": self._living.pop(process),
                    "status": os.waitstatus_to_exitcode(status),
                }
                os.write(1, json.dumps(told).encode() + b"\n")


def _become(order: Order) -> None:
    """Be `pos ARGS` until the end; does not return."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        paper = os.open(order.out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for new, old in ((nothing, 0), (paper, 1), (paper, 2)):
            os.dup2(new, old)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        code = _run(order)
    except BaseException as fault:
        sys.excepthook(type(fault), fault, fault.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(order: Order) -> int:
    from pos.proof.deaths import haste
    from pos.proof.dying import Fate, arrange, arrange_switch
    from pos.proof.planting import Planting

    planting = Planting()
    if order.args[0] != "switch":
        os.nice(TILL_NICENESS)  # many tills share a machine with the one switch that serves them
        haste.hurry(planting)
    if order.bug:
        # Here, because only a child with a bug in it needs the module where it is kept.
        module, _, name = order.bug.partition(":")
        getattr(importlib.import_module(module), name)(planting)
    if order.moment:
        (arrange_switch if order.args[0] == "switch" else arrange)(Fate(order.moment))
    sys.argv = ["pos", *order.args]
    try:
        runpy.run_module("pos", run_name="__main__")  # as it is typed
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else bool(leaving.code)
    return 0


def _rehearse() -> None:
    """Whatever is loaded or kept on its first use: words, dates, and a slip with its code."""
    from hardware.devices import PrintLine
    from hardware.document import document
    from pos.language import Language
    from pos.sale.money import Amount

    words = Language("en")
    words.amount_text(Amount(1, "NOK"))
    words.time_text(0.0)
    document([PrintLine(words.say("receipt.paid"), bold=True), PrintLine(qr="1")], 42)


def main() -> None:
    """The program."""
    for name in _LOADED:
        importlib.import_module(name)
    _rehearse()
    gc.collect()
    gc.freeze()  # so that no child touches, and copies, what is garbage of nobody
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    os.write(1, b"ready\n")
    _Nest(reading).serve()


if __name__ == "__main__":
    main()
