"""One schedule told with real processes: sold, killed, recovered, until the till is at rest.

Apart from the gate so that a test may tell one story. What is left behind is judged elsewhere.
"""

import json
import random
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pos.proof.deaths.children import Child, Nest
from pos.proof.deaths.line import Line
from pos.proof.deaths.schedule import Schedule
from pos.proof.deaths.shop import LOOK_S, TERMINAL, Shop
from pos.proof.dumps import Slip

COMMAND_S_MAX = 30.0
RECOVERY_S = 6  # of one attempt of `pos recover`
RECOVERIES_MAX = 25
SHOWN = re.compile(r"https?://\S+/28199904\w+")
REFUNDED = "1.50"
NOT_YET = 3  # the exit code for an outcome that is not known yet
_SLIP = re.compile(
    TERMINAL.encode() + rb"-(\d+)\n.*?\x00\d{32}\n.*?\x00([0-9a-f]{32})\n", re.DOTALL
)
# How a document begins, how one that came out whole ends, and what stands on a copy.
_BEGINS, _ENDS, _COPY = b"\x1b@\x1c.\x1bt", b"\x1dV\x00", b"COPY\n"


@dataclass(slots=True)
class Told:
    """What a story left behind: the tills' folders by client id, and what is wrong already."""

    tills: dict[str, Path] = field(default_factory=dict)
    asked: dict[str, set[str]] = field(default_factory=dict)  # ids seen on each till's line
    found: list[str] = field(default_factory=list)
    late: list[Line] = field(default_factory=list)
    fault_count: int = 0


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells stories in one shop. Safe for many threads, a story each."""

    nest: Nest
    shop: Shop
    bug: str = ""

    def tell(self, plan: Schedule) -> Told:
        """The whole story of `plan`, to the rest of its tills."""
        told = Told()
        names = [f"till-{plan.seed}"] + ([f"twin-{plan.seed}"] if plan.story == "twins" else [])
        with ExitStack() as stack:
            lines = [stack.enter_context(Line(self.shop.port, plan.faults)) for _ in names]
            for name, line in zip(names, lines, strict=True):
                told.tills[name] = self.shop.register(name, line.url, prints=plan.prints)
            folders = list(told.tills.values())
            self._sell(plan, folders)
            for number, folder in enumerate(folders):
                rest = self.to_rest(folder, plan.deaths[1:] if not number else ())
                told.found += rest
            for name, line in zip(names, lines, strict=True):
                line.deliver()  # what was on its way all the time comes now, and changes nothing
                told.asked[name] = line.ids
                told.fault_count += line.met_count
        return told

    def _sell(self, plan: Schedule, folders: list[Path]) -> None:
        """The till's first process, and its twin's beside it: the one that dies first."""
        moment = plan.deaths[0]
        if plan.story == "show":
            self._show(plan, folders[0], moment)
            return
        code = self.shop.new_code(plan.wallet, plan.behaves)
        args = ("sell", "--amount", plan.amount, "--code", code)
        if plan.story == "refund":
            self._ended(self.start(args, folders[0], ""))
            if paid := _last(folders[0]).get("request_id"):
                back = ("refund", paid, "--amount", REFUNDED)
                self._ended(self.start(back, folders[0], moment))
            return
        children = [self.start(args, folder, moment) for folder in folders]
        for child in children:
            self._ended(child)

    def _show(self, plan: Schedule, folder: Path, moment: str) -> None:
        """A code on the till's screen, and what a customer, or nobody, does with it."""
        child = self.start(("sell", "--amount", plan.amount, "--show"), folder, moment)
        chance = random.Random(f"customer {plan.seed}")
        for _ in range(int(COMMAND_S_MAX / LOOK_S)):
            ended = child.wait(LOOK_S) is not None
            shown = SHOWN.search(child.out.read_text()) if child.out.exists() else None
            if shown is not None:
                does = chance.choice(("pays", "pays", "declines", "dies", "dies and pays"))
                if does.startswith("dies"):
                    child.kill()
                if "pays" in does or does == "declines":
                    self.shop.answer(shown[0], plan.wallet, yes="pays" in does)
                break
            if ended:
                return
        self._ended(child)

    def to_rest(self, folder: Path, deaths: tuple[str, ...]) -> list[str]:
        """Recover, die over it as planned, and recover until nothing is open."""
        args = ("recover", "--seconds", str(RECOVERY_S))
        for moment in deaths:
            self._ended(self.start(args, folder, moment))
        for _ in range(RECOVERIES_MAX):
            child = self.start(args, folder, "")
            if self._ended(child) == 0:
                return []
        return [f"Q1: {folder.name} did not come to rest: {child.out.read_text()[-200:]}"]

    def start(self, args: tuple[str, ...], folder: Path, moment: str) -> Child:
        """A process of the till in `folder`."""
        where = [*args, "--state", str(folder)]
        return self.nest.start(where, folder / f"{args[0]}.out", moment, self.bug)

    def _ended(self, child: Child) -> int | None:
        """How it ended; killed if it would not."""
        status = child.wait(COMMAND_S_MAX)
        return child.kill() if status is None else status


def slips(folder: Path) -> tuple[Slip, ...]:
    """Everything that the till's printer has put on paper."""
    paper = folder / "paper"
    if not paper.exists():
        return ()
    return tuple(
        Slip(found[2].decode(), int(found[1]), _COPY in document)
        for document in paper.read_bytes().split(_BEGINS)
        if document.endswith(_ENDS) and (found := _SLIP.search(document))
    )


def _last(folder: Path) -> dict[str, str]:
    """The object that `pos sell` printed last; empty when it did not come to that."""
    lines = [line for line in (folder / "sell.out").read_text().splitlines() if line[:1] == "{"]
    if not lines:
        return {}
    fields: dict[str, str] = json.loads(lines[-1])
    return fields if fields["state"] == "PAID" else {}
