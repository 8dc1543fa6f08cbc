"""Whether this till is fit to sell: one diagnosis a part, each with its remedy.

Apart from the till itself so that it can be asked beside one that sells: everything here only
reads, except for a small file beside the journal that tells whether the disk takes what it is
given. `books` reads the journal, `link` asks the switch, `devices` tries what is plugged in,
`machine` reads what the kernel says of the board under it, `clock` and `disk` what it lives on.
"""

from pos.health.diagnosis import Diagnosis, Standing
from pos.health.examination import examine, fit

__all__ = ["Diagnosis", "Standing", "examine", "fit"]
