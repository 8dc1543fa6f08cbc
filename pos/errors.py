"""The error tree, told by what the caller must do next.

    PosError                    one sentence for a person, with the remedy; carries an exit code
    ├── WrongUse                correct what was typed or configured (exit 2)
    │   ├── AmountError         the amount is not one that can be paid
    │   └── SettingsError       terminal.toml, a key file, or an option
    ├── Refused                 the sale or refund did not happen, and surely not (exit 1)
    ├── OutcomeUnknown          ask again with `pos recover`; nothing is lost (exit 3)
    ├── JournalError            stop selling; the record of account cannot be trusted or written
    │   ├── JournalBusy         another process of this terminal writes the journal
    │   ├── JournalDamaged      an entry was changed or is missing; names it
    │   └── JournalUnwritable   disk full, read-only or failing
    └── IllegalMove             a fault in this program: a move that the table does not list

Apart so that every module raises from one tree and a caller can catch by remedy, not by origin.
"""


class PosError(Exception):
    """A sentence for a person that names the remedy. `exit_code` is what the commands return."""

    exit_code = 1


class WrongUse(PosError, ValueError):
    """What was typed or configured cannot be used; correct it and repeat."""

    exit_code = 2


class AmountError(WrongUse):
    """The amount is not one that can be paid.

    `key` and `values` say the same sentence through the language catalogue.
    """

    def __init__(self, sentence: str, key: str, **values: object) -> None:
        super().__init__(sentence)
        self.key = key
        self.values = values


class SettingsError(WrongUse):
    """A setting, key file or option is missing, unknown or wrong; the message names the key."""


class Refused(PosError):
    """The sale or refund surely did not happen."""


class OutcomeUnknown(PosError):
    """Whether money moved is not known yet; the journal keeps the question open."""

    exit_code = 3


class JournalError(PosError):
    """The journal cannot be trusted or written: nothing may be sold until it is put right."""


class JournalBusy(JournalError):
    """Another process of this terminal holds the journal."""


class JournalDamaged(JournalError):
    """An entry of the journal was changed, reordered or removed."""


class JournalUnwritable(JournalError):
    """The disk is full, read-only or failing."""


class IllegalMove(PosError, RuntimeError):
    """A fault in this program: the table of moves does not list this one."""
