"""A line that is cut one way: requests vanish and answers do not, or the other way round.

Apart from the relayed line because here the kernel drops the packets, with nftables, in a network
of their own: only so does a connection stay open on both sides while one of them hears nothing.
Nothing of this machine's own network is touched.
"""

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from pos.proof.deaths.children import Child, Nest
from pos.proof.deaths.judging import judged
from pos.proof.deaths.shop import LOOK_S, Shop
from pos.proof.deaths.story import COMMAND_S_MAX, Teller

# Runs what follows in a network namespace that has nothing but its own loopback.
ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
NEEDED = ("unshare", "nsenter", "ip", "nft")
DIRECTIONS = {"requests": "dport", "answers": "sport"}
BEHAVIOURS = ("pays", "pin", "dawdles", "silent")
CUT_S = 2.5  # some inquiries and a cancellation of a hasty till
PAYING = "Waiting"


def impossible() -> str:
    """Why no line can be cut here; empty when it can be."""
    if os.geteuid() != 0:
        return "only root may"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    tried = subprocess.run(  # noqa: S603 - found above
        [*ALONE, "nft", "list", "ruleset"], capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "the kernel has no namespaces or no nftables for it"


def tell_cuts(seed: int) -> tuple[int, list[str]]:
    """Cut the line under selling tills, each way once; how many there were, and what is wrong."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="samkassa-cut-")))
        nest = stack.enter_context(Nest(ALONE))
        tills: dict[str, Path] = {}
        with Shop(nest, folder / "shop", seed, mortal=False) as shop:
            teller = Teller(nest, shop)
            found = []
            for way in DIRECTIONS:
                told, wrong = _tell(way, nest, shop, teller)
                tills |= told
                found += wrong
        found += judged(tills, {}, shop.database).values()
    return len(tills), found


def _tell(way: str, nest: Nest, shop: Shop, teller: Teller) -> tuple[dict[str, Path], list[str]]:
    """Tills that sell, the cut, the death of every second one, and the line as it was."""
    url = f"http://127.0.0.1:{shop.port()}"
    tills = {f"{way}-{how}": shop.register(f"{way}-{how}", url, prints=True) for how in BEHAVIOURS}
    children = []
    for how, till in zip(BEHAVIOURS, tills.values(), strict=True):
        args = ("sell", "--amount", "9.00", "--code", shop.new_code("epassi", how))
        children.append(teller.start(args, till, ""))
    for child in children:
        _wait_until_paying(child)
    chain = "inet cut out"
    _nft(nest, "add table inet cut")
    _nft(nest, f"add chain {chain} {{ type filter hook output priority 0; }}")
    _nft(nest, f"add rule {chain} tcp {DIRECTIONS[way]} {shop.port()} drop")
    for number, child in enumerate(children):
        child.wait(CUT_S / len(children))
        if number % 2:
            child.kill()
    _nft(nest, "delete table inet cut")
    for child in children:
        if child.wait(COMMAND_S_MAX) is None:
            child.kill()
    found = [why for till in tills.values() for why in teller.to_rest(till, ())]
    return tills, found


def _wait_until_paying(child: Child) -> None:
    """Until the till says that it waits for the wallet, or has ended."""
    for _ in range(int(COMMAND_S_MAX / LOOK_S)):
        if child.wait(LOOK_S) is not None:
            return
        if child.out.exists() and PAYING in child.out.read_text():
            return


def _nft(nest: Nest, rules: str) -> None:
    inside = f"--net=/proc/{nest.process_id}/ns/net"
    subprocess.run(["nsenter", inside, "nft", rules], check=True)  # noqa: S603, S607 - found above
