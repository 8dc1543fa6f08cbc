"""One small shop for one seed: a switch with its wallets, and two tills on their own lines.

Apart from what can fail in it, and from the checker, which reads only what is left behind.
"""

from pathlib import Path

from pos.proof.simulation.fate import Fate
from pos.proof.simulation.switch import MortalSwitch
from pos.proof.simulation.till import Till
from pos.sale.merchant import Merchant, Store, Terminal

MERCHANT, STORE = Merchant("M-1", "Fjord Kafe", "5814"), Store("OSL-1", "Oslo S")
TILLS = ("T01", "T02")
REST_S_MAX = 4 * 3600.0
REST_STEPS_MAX = 5_000
# How often, and after how many seconds, a till is given time to look after its witness.
QUIET_COUNT = 2
PROBED_S = 61.0


class World:
    """Everything of one shop. Sell in it, bring it `to_rest`, then `close` it."""

    def __init__(self, folder: Path, fate: Fate) -> None:
        self.fate = fate
        fate.calm = True  # the shop opens on a good day
        self.switch = MortalSwitch(fate)
        self.tills = [
            Till(
                f"SIMULATED_{name}",
                Terminal(name, MERCHANT, STORE, "NOK"),
                folder / name,
                fate,
                self.switch,
            )
            for name in TILLS
        ]
        fate.calm = False

    @property
    def opened_count(self) -> int:
        """How many payments the tills have written down."""
        return sum(till.opened_count for till in self.tills)

    def to_rest(self) -> None:
        """End all faults and let everything come to its end: late requests, waits, people."""
        fate = self.fate
        fate.calm = True
        until_s = fate.now_s + REST_S_MAX
        quiet_count, quiet_count_min = 0, QUIET_COUNT if fate.rates.disk_forgets else 0
        for _ in range(REST_STEPS_MAX):
            idle = not any(till.busy for till in self.tills)
            waits_s = [till.work() or 0.0 for till in self.tills if idle or till.busy]
            # What a till does when it is idle may be to take up what it had forgotten.
            quiet = idle and not any(till.busy for till in self.tills)
            next_s = fate.next_s()
            if any(till.view.stopped is not None for till in self.tills):
                return
            if next_s is None and quiet:
                quiet_count += 1
                if quiet_count > quiet_count_min:
                    return
                waits_s = [PROBED_S]
            if fate.now_s > until_s:
                break
            waits_s += [] if next_s is None else [next_s]
            fate.pass_time(min(waits_s))
        self.tills[0].trouble.append("Q1: the tills did not come to rest")

    def close(self) -> None:
        """Forget everything."""
        for till in self.tills:
            till.forget()
        self.switch.close()
        vars(self).clear()
