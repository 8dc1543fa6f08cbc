"""One process of fuzzing: `python -m pos.proof.fuzzing.child FAMILY FOLDER SECONDS SEED [PLANT]`.

Apart from the gate because an engine ends its process by the first fault, and must not take the
proof with it. With atheris the search follows coverage; without, the same inputs are changed by
seeded chance alone, which the table says. The input at fault is left in FOLDER.
"""

import importlib.util
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

INPUT_S_MAX = 10
MEMORY_MIB_MAX = 1_024
FAULT_NAME = "crash-input"
FAULT_EXIT = 77
STEPS_PER_INPUT_MAX = 8


def guided() -> bool:
    """Whether the coverage-guided engine is installed."""
    return importlib.util.find_spec("atheris") is not None


def main(family: str, folder: str, seconds: str, seed: str, plant: str = "") -> None:
    """Feed one family for so long, or until a fault."""
    if guided():
        import atheris

        with atheris.instrument_imports(include=["pos", "hardware", "tomllib", "json"]):
            feed = _feed(family, plant)
        options = [
            f"-max_total_time={seconds}", f"-seed={int(seed) % 2**31 + 1}", "-max_len=4096",
            f"-timeout={INPUT_S_MAX}", f"-rss_limit_mb={MEMORY_MIB_MAX}",
            f"-artifact_prefix={folder}/", "-print_final_stats=1",
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], f"{folder}/corpus", *options], feed)
        atheris.Fuzz()
        return
    _by_chance(_feed(family, plant), Path(folder), float(seconds), random.Random(seed))


def _feed(family: str, plant: str) -> Callable[[bytes], None]:
    from pos.proof.fuzzing.corpus import feed
    from pos.proof.fuzzing.plants import PLANTS
    from pos.proof.planting import Planting

    if plant:
        PLANTS[plant].plant(Planting())  # for as long as this process lives
    return lambda data: feed(family, data)


def _by_chance(
    feed: Callable[[bytes], None], folder: Path, seconds: float, chance: random.Random
) -> None:
    """Change kept inputs at random places; the first fault ends the process."""
    corpus = [path.read_bytes() for path in sorted((folder / "corpus").iterdir())]
    until_s, count, data = time.monotonic() + seconds, 0, b""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # an endless input ends the process too
    try:
        for data in corpus:
            feed(data)
            count += 1
        while time.monotonic() < until_s:
            signal.alarm(INPUT_S_MAX)
            for _ in range(100):
                data = changed(chance.choice(corpus), corpus, chance)
                feed(data)
                count += 1
    except Exception as fault:
        (folder / FAULT_NAME).write_bytes(data)
        sys.stderr.write(f"{type(fault).__name__}: {fault}\n")
        raise SystemExit(FAULT_EXIT) from None
    finally:
        sys.stderr.write(f"stat::number_of_executed_units: {count}\n")


def changed(data: bytes, corpus: list[bytes], chance: random.Random) -> bytes:
    """`data` with one to eight changes: bits, bytes in, out, doubled, or of another input."""
    out = bytearray(data)
    for _ in range(chance.randint(1, STEPS_PER_INPUT_MAX)):
        place = chance.randrange(1, len(out) + 1) if out else 0
        match chance.randrange(5):
            case 0 if place < len(out):
                out[place] ^= 1 << chance.randrange(8)
            case 1:
                out[place:place] = chance.randbytes(chance.randint(1, 4))
            case 2:
                del out[place : place + chance.randint(1, 8)]
            case 3:
                out[place:place] = out[place : place + chance.randint(1, 64)]
            case _:
                other = chance.choice(corpus)
                start = chance.randrange(len(other)) if other else 0
                out[place : place + 8] = other[start : start + chance.randint(1, 32)]
    return bytes(out[:4_096])


if __name__ == "__main__":
    main(*sys.argv[1:])
