"""The gate of secrecy: the story is told, and every byte that came of it is searched.

Apart from the story and the canaries so that the search is the same for the product as it is and
for one that leaks.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pos.errors import WrongUse
from pos.proof.gate import Planted, Progress, Result, Violation
from pos.proof.secrecy.canaries import Canary, Leak, leaks
from pos.proof.secrecy.leaking import LEAKS
from pos.proof.secrecy.shop import Shop
from pos.proof.secrecy.story import long_story, short_story

AT_ONCE = 2  # stories: most of one is waiting for the commands of its shop
SHORT_S = 20.0  # a gate with less time plants one leak, by its seed

Story = Callable[[Shop], list[Canary]]


class Secrecy:
    """The gate. See `pos.proof.gate`."""

    name = "secrecy"
    number = "G10"
    title = "Secrecy of codes and keys"
    share, beside = 0.075, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """Tell the story once, however long it takes: its secrets are new each time."""
        began_s = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            whole = pool.submit(told, long_story)
            names = list(LEAKS)
            tried = names if budget_s >= SHORT_S else [names[seed % len(names)]]
            leaking = [pool.submit(_leaking, leak) for leak in tried]
            planted = []
            for done, future in enumerate(leaking, 1):
                planted.append(future.result())
                progress(0.5 * done / len(tried), f"{done} leaks")
            searched, found, count = whole.result()
        progress(1.0, f"{searched:,} bytes")
        violations = tuple(Violation("story", str(each)) for each in found)
        note = (
            f"{count} secrets in plain, reversed, wide, hex and base64, in files, screens, output "
            "and on the line; there are no staff PINs yet"
        )
        seconds = time.monotonic() - began_s
        return Result(searched, "bytes searched", seconds, violations, tuple(planted), note)

    def replay(self, token: str) -> Sequence[str]:
        """Tell the story again, with new secrets."""
        if token != "story":  # noqa: S105 - a word, no secret
            raise WrongUse(f"{token!r} is nothing of this gate; there is `story`.")
        return [str(each) for each in told(long_story)[1]]


def told(story: Story, plant: str = "") -> tuple[int, list[Leak], int]:
    """Tell a story; the bytes searched, what was found, and the number of secrets."""
    with tempfile.TemporaryDirectory(prefix="samkassa-secrecy-") as name:
        shop = Shop(Path(name), plant)
        with shop:
            canaries = story(shop)
        searched, found = 0, []
        for path in shop.files():
            content = path.read_bytes()
            searched += len(content)
            place = str(path.relative_to(name))
            found += leaks(canaries, place, content, path.name)
            found += leaks(canaries, f"the name of {place}", path.name.encode())
        for place, content in shop.said.items():
            searched += len(content)
            found += leaks(canaries, place, content)
        return searched, found, len(canaries)


def _leaking(leak: str) -> Planted:
    began_s = time.monotonic()
    searched, found, _ = told(short_story, leak)
    caught = searched if found else None
    by = str(found[0]) if found else ""
    return Planted(LEAKS[leak][0], caught, time.monotonic() - began_s, by)
