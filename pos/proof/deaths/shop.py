"""The switch of this gate, which dies too, and the tills that are registered with it.

Apart from the stories, which need not know that the switch they pay into is another process than
a moment ago.
"""

import random
import re
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pos.errors import Refused, WrongUse
from pos.folders import (
    SWITCH_FOLDER_NAME,
    SWITCH_PUBLIC_KEY_NAME,
    TILL_KEY_NAME,
    write_private,
)
from pos.proof.deaths.children import Child, Nest
from pos.scheme.clients import Clients
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line

READY = re.compile(r"switch ready on http://127\.0\.0\.1:(\d+)")
START_S_MAX = 30.0
LOOK_S = 0.01
TRANSACTIONS_TO_LIVE = (60, 400)
TERMINAL = "T01"


class Shop:
    """A switch on a fresh SQLite file in `folder`. It dies at a transaction of its own choosing,
    by `seed`, and is started again, until the end of the `with`; unless it is not `mortal`.
    """

    def __init__(self, nest: Nest, folder: Path, seed: int, *, mortal: bool = True) -> None:
        self.folder = folder
        self._nest = nest
        self._mortal = mortal
        self._chance = random.Random(f"switch {seed}")
        self._key = new_private_key()
        self._public = public_key_line(load_private_key(self._key))
        self._ending = threading.Event()
        self._changed = threading.Condition()
        self._port = 0
        self._in_use = ExitStack()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / SWITCH_FOLDER_NAME).mkdir(mode=0o700)
        self.database = folder / SWITCH_FOLDER_NAME / "switch.db"
        self._store = self._in_use.enter_context(Store.open(f"sqlite:///{self.database}"))
        self._scheme = open_scheme(self._store)
        self._clients = Clients(self._store)
        self._keeper = threading.Thread(target=self._keep, name="switch-keeper", daemon=True)
        self._keeper.start()
        self.port()
        path = folder / SWITCH_FOLDER_NAME / SWITCH_PUBLIC_KEY_NAME
        self.public_key = path.read_text().strip()

    def port(self) -> int:
        """Where the switch listens; waits while it is being started again."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._port), START_S_MAX)
            if not self._port:
                raise OSError("The switch did not come back.")
            return self._port

    def register(self, client_id: str, url: str, *, prints: bool) -> Path:
        """A new till: its folder, with a key and the settings that lead to `url`."""
        self._clients.add(client_id, self._public)
        till = self.folder / client_id
        till.mkdir(mode=0o700)
        write_private(till / TILL_KEY_NAME, self._key)
        printer = "none"
        if prints:
            (till / "paper").touch()
            printer = f"file:{till / 'paper'}"
        (till / "terminal.toml").write_text(
            f'[switch]\nurl = "{url}"\nclient_id = "{client_id}"\nkey = "{TILL_KEY_NAME}"\n'
            f'public_key = "{self.public_key}"\n[terminal]\nreference = "{TERMINAL}"\n'
            f'[devices]\ncamera = "none"\nindicator = "none"\nprinter = "{printer}"\n'
        )
        return till

    def new_code(self, wallet: str, behaves: str) -> str:
        """A fresh payment code of a customer."""
        return self._scheme.customers.new_code(wallet, behaviour=Behaviour(behaves))

    def answer(self, order_code: str, wallet: str, *, yes: bool) -> None:
        """A customer scans what a till shows, and says yes or no. Too late is no fault."""
        customers = self._scheme.customers
        try:
            offer = customers.scan(order_code, wallet)
        except (WrongUse, Refused):
            return
        (customers.approve if yes else customers.decline)(wallet, offer.payment_id)

    def _keep(self) -> None:
        """Start the switch, wait for its death, and start it again."""
        number = 0
        while not self._ending.is_set():
            number += 1
            lives = self._chance.randint(*TRANSACTIONS_TO_LIVE)
            moment = f"any#{lives}" if self._mortal else ""
            out = self.folder / f"switch-{number}.out"
            args = ["switch", "--port", "0", "--pay-rate", "0", "--no-phone"]
            child = self._nest.start([*args, "--state", str(self.folder)], out, moment)
            self._announce(wait_until_ready(child, self._ending.is_set))
            while child.wait(LOOK_S * 10) is None and not self._ending.is_set():
                pass
            self._announce(0)
            child.kill()

    def _announce(self, port: int) -> None:
        with self._changed:
            self._port = port
            self._changed.notify_all()

    def close(self) -> None:
        """Kill the switch, for good; may be called twice."""
        self._ending.set()
        self._keeper.join(START_S_MAX)
        self._in_use.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def wait_until_ready(child: Child, given_up: Callable[[], bool] = lambda: False) -> int:
    """The port on which a switch says that it answers; 0 when it died before, or takes too long."""
    for _ in range(int(START_S_MAX / LOOK_S)):
        ended = child.wait(LOOK_S) is not None
        if child.out.exists() and (told := READY.search(child.out.read_text())):
            return int(told[1])
        if ended or given_up():
            break
    return 0
