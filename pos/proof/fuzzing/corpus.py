"""What the fuzzing begins with: honest inputs, and those that once reached new lines or a fault.

Apart from the engine so that the corpus is one readable file: a line of JSON for each input, its
parser and its bytes as Latin-1 text. The first byte of what an engine feeds in picks the parser.
"""

import json
from functools import cache
from importlib import resources
from pathlib import Path

from pos.errors import WrongUse
from pos.proof.fuzzing.messages import MESSAGES
from pos.proof.fuzzing.parsers import FAMILIES, Parser
from pos.proof.fuzzing.shop_files import SHOP_FILES

ALL: dict[str, dict[str, Parser]] = {
    **FAMILIES,
    "messages": MESSAGES,
    "shop": SHOP_FILES,
}
INPUT_BYTES_MAX = 4_096


@cache
def inputs(family: str) -> tuple[bytes, ...]:
    """The kept inputs of a family, each with the byte in front that picks its parser."""
    text = resources.files("pos.proof.fuzzing").joinpath("corpus.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return tuple(
        addressed(family, line["parser"], line["input"].encode("latin-1"))
        for line in lines
        if line["parser"] in ALL[family]
    )


def addressed(family: str, parser: str, data: bytes) -> bytes:
    """`data` with the byte in front that picks `parser`."""
    return bytes([list(ALL[family]).index(parser)]) + data


def feed(family: str, data: bytes) -> None:
    """Give one input to the parser that its first byte picks. Raises what should not come out."""
    if data:
        parsers = list(ALL[family].values())
        parsers[data[0] % len(parsers)](data[1:])


def fault_of(family: str, data: bytes) -> str:
    """What comes out that should not, as `parser: kind: sentence`; empty when nothing does."""
    if family not in ALL:
        raise WrongUse(f"There is no family {family!r}; there are {', '.join(ALL)}.")
    try:
        feed(family, data)
    except Exception as fault:
        names = list(ALL[family])
        return f"{names[data[0] % len(names)]}: {type(fault).__name__}: {fault}"[:300]
    return ""


def lay_out(family: str, folder: Path) -> None:
    """Write the family's inputs as files, as an engine wants them."""
    folder.mkdir()
    for number, data in enumerate(inputs(family)):
        (folder / f"{number:04d}").write_bytes(data)
