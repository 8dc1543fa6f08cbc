"""The amount while it is being typed: the only thing about money that a screen remembers.

Apart, and pure, because typing must feel the same from keyboard, numpad, mouse and touch.
Nothing typed is ever dropped in silence, for 1.299 must not become 1.29: what cannot be an
amount stays as it is and the till says why it refuses it.
"""

from dataclasses import dataclass

from pos.sale.money import EXPONENTS

# As many digits as a product's number has, more than any amount; a stuck key stops here.
LENGTH_MAX = 13
ENTRY_LENGTH_MAX = 24

_MARKS = ",."


@dataclass(frozen=True, slots=True)
class Keyed:
    """What was typed so far: digits and at most one comma."""

    typed: str = ""

    def press(self, key: str) -> "Keyed":
        """After one key of the pad: a digit, `00`, `,`, `.`, `back` or `clear`."""
        if key == "clear":
            return Keyed()
        if key == "back":
            return Keyed(self.typed[:-1])
        if key in _MARKS:
            return self if "," in self.typed else Keyed((self.typed or "0") + ",")
        grown = key if self.typed == "0" else self.typed + key
        if not grown.strip("0"):
            grown = "0"
        return Keyed(grown) if len(grown) <= LENGTH_MAX else self

    def shown(self, currency: str, decimal: str, group: str) -> tuple[str, str]:
        """What was typed, grouped, and the zeros that it implies: `("1 299,5", "0")`."""
        decimals = EXPONENTS.get(currency, 2)
        whole, mark, fraction = self.typed.partition(",")
        bright = _grouped(whole, group) + (decimal + fraction if mark else "")
        missing = decimals - len(fraction)
        implied = "" if whole else "0"
        if decimals and missing > 0:
            implied += ("" if mark else decimal) + "0" * missing
        return bright, implied


@dataclass(frozen=True, slots=True)
class Entry:
    """What is typed where it need not be an amount: a rate such as `12,5%`, or a word."""

    typed: str = ""

    def press(self, key: str) -> "Entry":
        """After one key: a character, `back`, `clear`, or `%`, which comes last and goes again."""
        if key == "clear":
            return Entry()
        if key == "back":
            return Entry(self.typed[:-1])
        without = self.typed.replace("%", "")
        if key == "%":
            return Entry(without if "%" in self.typed else without + "%")
        return Entry(without + key) if len(without) < ENTRY_LENGTH_MAX else self

    def shown(self, decimal: str) -> str:
        """The same as a person writes it; a dash while nothing is typed."""
        return self.typed.replace(",", decimal).replace("%", "\N{NO-BREAK SPACE}%") or "–"


def _grouped(digits: str, group: str) -> str:
    head = len(digits) % 3
    parts = [digits[:head]] if head else []
    parts += [digits[at : at + 3] for at in range(head, len(digits), 3)]
    return group.join(parts)
