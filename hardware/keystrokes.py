"""Keystrokes to texts: what a barcode scanner that plays a keyboard types.

Apart from the device because the keys, their letters and the end of a code are rules without a
device: they follow the USB HID keyboard of the United States, which scanners ship with.
"""

TEXT_LENGTH_MAX = 4096  # no code of a till comes near
SILENCE_ENDS_S = 0.15  # for a scanner that is set to send no Enter

# Linux key codes (input-event-codes.h) to the letter without and with Shift.
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
LETTERS: dict[int, tuple[str, str]] = {
    first + place: pair
    for first, plain, shifted in _ROWS
    for place, pair in enumerate(zip(plain, shifted, strict=True))
} | {57: (" ", " ")}
# The keypad's digits, as some scanners type them.
LETTERS |= {
    code: (digit, digit)
    for code, digit in zip((71, 72, 73, 75, 76, 77, 79, 80, 81, 82), "7894561230", strict=True)
}
_SHIFTS = frozenset({42, 54})
_ENDS = frozenset({15, 28, 96})  # Tab, Enter, the keypad's Enter
RELEASED, PRESSED = 0, 1


class Keystrokes:
    """Puts keys together. `press` for every key event, `silence` when none has come for long."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._shifts: set[int] = set()
        self._spoilt = False

    @property
    def begun(self) -> bool:
        """Whether a text has begun and not ended."""
        return bool(self._text) or self._spoilt

    def press(self, code: int, value: int) -> str | None:
        """The whole text when this key ends one. `value` is 0 released, 1 pressed, 2 repeated."""
        if code in _SHIFTS:
            (self._shifts.discard if value == RELEASED else self._shifts.add)(code)
            return None
        if value != PRESSED:  # a key that a scanner holds is not a second key
            return None
        if code in _ENDS:
            return self.silence()
        pair = LETTERS.get(code)
        if pair is None or len(self._text) >= TEXT_LENGTH_MAX:
            self._spoilt = True  # half a code must not pass for a whole one
        else:
            self._text.append(pair[bool(self._shifts)])
        return None

    def lost(self) -> None:
        """The kernel dropped events: what has begun is not a code any more."""
        self._spoilt = True
        self._shifts.clear()

    def silence(self) -> str | None:
        """The text that has ended, or None when there was none or it was spoilt."""
        text, spoilt = "".join(self._text), self._spoilt
        self._text.clear()
        self._spoilt = False
        return text if text and not spoilt else None
