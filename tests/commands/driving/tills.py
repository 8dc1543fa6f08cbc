"""A switch in a process of its own, and tills that are registered with it.

Apart from `shell` because this knows what lies in a state folder. Callers, customers' codes and
both books are reached through the libraries that the commands use, for speed; the story told
from the shell alone shows that the commands print the same.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from driving import shell
from driving.agreement import disagreements, told_by
from driving.shell import Ran
from pos.folders import (
    JOURNAL_NAME,
    SWITCH_FOLDER_NAME,
    SWITCH_PUBLIC_KEY_NAME,
    TILL_KEY_NAME,
)
from pos.journal import rows
from pos.scheme.clients import Clients
from pos.scheme.customers import Customers
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.stickers import Seller, Stickers
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState, payment
from pos.switch.signature import load_private_key, new_private_key, public_key_line

READY = "switch ready on "


class SwitchProcess:
    """`pos switch` until the end of the `with`; what it wrote to standard error is kept."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._key = new_private_key()
        self._log = state / "switch.err"
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                shell.command("switch", "--port", "0", "--until-eof", "--state", str(state)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=shell.environment(),
            )
        self.url = shell.line_with(self._child, READY).removeprefix(READY)
        folder = state / SWITCH_FOLDER_NAME
        self.public_key = (folder / SWITCH_PUBLIC_KEY_NAME).read_text().strip()
        self._database = f"sqlite:///{folder / 'switch.db'}"

    def new_till(self, folder: Path, client_id: str, **devices: str) -> "Till":
        """Register a caller and write its `terminal.toml` and key into `folder`."""
        folder.mkdir(mode=0o700, parents=True)
        (folder / TILL_KEY_NAME).write_bytes(self._key)
        (folder / TILL_KEY_NAME).chmod(0o600)
        with Store.open(self._database) as store:
            Clients(store).add(client_id, public_key_line(load_private_key(self._key)))
        till = Till(folder, client_id, self)
        till.settle_in(self.url, **devices)
        return till

    @contextmanager
    def customers(self) -> Iterator[Customers]:
        """The simulated customers of this switch."""
        with Store.open(self._database) as store:
            yield open_scheme(store).customers

    def new_code(self, behaves: str = "pays", wallet: str = "vipps") -> str:
        """A fresh payment code."""
        with self.customers() as customers:
            return customers.new_code(wallet, behaviour=Behaviour(behaves))

    def sticker(self, client_id: str, terminal: str = "T01") -> str:
        """The path of the page that the static code of a till leads to."""
        seller = Seller("Cafe", client_id, terminal, "5814", "NOK")
        with Store.open(self._database) as store:
            made = Stickers(store, open_scheme(store).book).issue(client_id, terminal, seller)
        return f"/s/{made.sticker_id}"

    def book(self) -> dict[str, Any]:
        """The switch's own books: the object that `pos scheme book --json` prints."""
        with Store.open(self._database) as store:
            return statement(store)

    def shown_to(self, client_id: str) -> str:
        """The code that a till shows now, as a customer's camera would read it off its screen."""
        query = select(payment.c.order_code).where(
            payment.c.client_id == client_id, payment.c.state == PaymentState.NEW
        )
        with Store.open(self._database) as store, store.read() as connection:
            return connection.execute(query).scalar() or ""

    def stop(self) -> None:
        """End the process by the end of its input; may be called twice."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(20)
        self._child.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class Till:
    """A till's state folder, and the commands worked in it."""

    folder: Path
    client_id: str
    switch: SwitchProcess

    def settle_in(self, url: str, **devices: str) -> None:
        """Write `terminal.toml`: which switch, and which devices if any."""
        named = {"camera": "none", "indicator": "none", "printer": "none"} | devices
        lines = ["[switch]", f'url = "{url}"', f'client_id = "{self.client_id}"']
        lines += [f'key = "{TILL_KEY_NAME}"', f'public_key = "{self.switch.public_key}"']
        lines += ["[devices]", *(f'{name} = "{value}"' for name, value in named.items())]
        (self.folder / "terminal.toml").write_text("\n".join(lines) + "\n")

    def pos(self, *args: str, dying_at: str = "", **options: Any) -> Ran:
        """Run `pos ARGS --state FOLDER` to its end."""
        return shell.run(*args, "--state", str(self.folder), dying_at=dying_at, **options)

    def start(self, *args: str, dying_at: str = "") -> subprocess.Popen[str]:
        """Start `pos ARGS --state FOLDER`."""
        return shell.start(*args, "--state", str(self.folder), dying_at=dying_at)

    def sell(self, code: str, amount: str = "129.00", **options: Any) -> Ran:
        """One sale by a payment code."""
        return self.pos("sell", "--amount", amount, "--code", code, **options)

    def journal(self) -> list[dict[str, Any]]:
        """The objects that `pos journal export` prints; none where no journal was ever begun."""
        path = self.folder / JOURNAL_NAME
        if not path.exists():
            return []
        return [
            {"seq": row.seq, "kind": row.kind, "body": row.body, "hash": row.hash.hex()}
            for row in rows(path)
        ]

    def states(self) -> list[str]:
        """Where each payment of the journal stands, oldest first, folded by the checker."""
        return [payment.state for payment in told_by(self.journal()).values()]

    def differences(self, book: dict[str, Any] | None = None) -> list[str]:
        """What the two books do not agree on; `book` where the caller has read it already."""
        return disagreements(self.journal(), book or self.switch.book(), self.client_id)

    def booked(self) -> list[dict[str, Any]]:
        """This till's payments in the switch's books."""
        payments = self.switch.book()["payments"]
        return [row for row in payments if row["client"] == self.client_id]
