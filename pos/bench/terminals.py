"""Some hundred simulated terminals in one process, told by lines on standard input what to do.

Apart because each is the till's own reporter with a connection of its own, and one process has
room for so many only: paho waits by select(2), which knows 1,024 files.

    count FIRST COUNT     begin them, named T00001 and so on
    open NAME             a payment is unfinished from now on; answers `NAME SECONDS` (monotonic)
    close NAME            it is finished
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace

from pos.fleet.line import Broker
from pos.fleet.report import Grade, Part
from pos.fleet.reporter import Pace, Reporter, Surroundings, Who
from pos.sale.facts import Facts, Takings
from pos.sale.view import LinkState, Stage, View

COUNT_MAX = 300
READY = "ready"
STARTING_PAUSE_S = 0.004  # two thousand do not come in the same moment in life either

_PARTS = tuple(
    Part(part=part, grade=Grade.GOOD, found="as it should be, and told in some words")
    for part in ("temperature", "power", "disk", "wear", "key", "certificate", "clock")
)


def name_of(number: int) -> str:
    """The name of a simulated terminal."""
    return f"T{number:05}"


class Terminals:
    """A process of them, as whoever measures sees it."""

    def __init__(self, broker: Broker, first: int, count: int) -> None:
        """Starts them; `ready` waits for it."""
        self.names = [name_of(number) for number in range(first, first + count)]
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", __name__, broker.url, broker.password_file, broker.ca_file],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        self._say(f"count {first} {count}")

    def ready(self) -> None:
        """Wait until each of them has begun to connect."""
        self._heard()

    def tell(self, name: str, *, unfinished: bool) -> float:
        """Let this terminal have an unfinished payment, or none; when (monotonic)."""
        self._say(f"{'open' if unfinished else 'close'} {name}")
        return float(self._heard())

    def kill(self) -> float:
        """End all of them without a goodbye; monotonic seconds of it."""
        self._child.kill()
        ended_s = time.monotonic()
        self._child.wait()
        return ended_s

    def close(self) -> None:
        """End all of them; may be called twice."""
        if self._child.poll() is None:
            self.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def _say(self, line: str) -> None:
        assert self._child.stdin is not None  # noqa: S101 - opened as a pipe
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def _heard(self) -> str:
        assert self._child.stdout is not None  # noqa: S101 - opened as a pipe
        return str(json.loads(self._child.stdout.readline()))


class _Terminal:
    def __init__(self, broker: Broker, name: str) -> None:
        self._reporter = Reporter(
            Who(name, "Simulated store", name, "counter"),
            broker,
            "",
            Surroundings(lambda said: said.key, lambda: _PARTS, lambda _: True),
            Pace(health_first_s=1.0),
        )
        facts = Facts(sales=120, returns=2, takings=(Takings("NOK", 1_234_500, 9_900),))
        self._view = View(Stage.READY, "NOK", "Simulated", link=LinkState.UP, facts=facts)
        self._reporter.show(self._view)
        self._reporter.start()

    def change(self, *, unfinished: bool) -> float:
        opened_at = time.time() if unfinished else None
        facts = replace(self._view.facts, open_payments=unfinished, oldest_open_at=opened_at)
        self._view = replace(self._view, facts=facts)
        changed_s = time.monotonic()
        self._reporter.show(self._view)
        return changed_s


def work(lines: Iterable[str], url: str, secret: str, ca_file: str) -> None:
    """Do as the lines say, until they end. `secret` is any terminal's password file, whose name
    is put in the place of the user that it has."""
    terminals: dict[str, _Terminal] = {}
    for line in lines:
        order, *rest = line.split()
        if order == "count":
            first, count = map(int, rest)
            for number in range(first, first + count):
                name = name_of(number)
                file = secret.replace("fleet.secret", f"{name}.secret")
                terminals[name] = _Terminal(Broker(url, name, file, ca_file), name)
                time.sleep(STARTING_PAUSE_S)
            answer = READY
        else:
            answer = str(terminals[rest[0]].change(unfinished=order == "open"))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    work(sys.stdin, *sys.argv[1:])
