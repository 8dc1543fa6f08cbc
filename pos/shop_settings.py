"""[shop] of the settings: how the tills of one shop reach each other.

Apart from the other settings because most shops have a single till, and need none of it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Address = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+:[0-9]{1,5}$")]


class ShopSection(BaseModel):
    """[shop]: whom a till calls for help where nobody stands at it, and who answers.

    `key` is the file that `pos shop-key` made, the same on every till of the shop. A till at a
    counter hears at `listen` (`0.0.0.0:47100`); a till that asks names the `counters` that listen,
    as `192.168.1.20:47100`. Paths are relative to the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: str
    listen: Address | None = None
    counters: Annotated[tuple[Address, ...], Field(max_length=8)] = ()
