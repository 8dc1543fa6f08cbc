"""The codes before the camera now, so that each is told once until it has left the view.

Apart from the scan loop because leaving is a rule of its own: a hand shakes and a code is read
in some frames only, and a second item with the same code must still count as a second one.
"""

LEFT_AFTER_S = 1.5
LEFT_AFTER_LOOKS = 10  # a camera that stalls says nothing of what has left
CODES_MAX = 256


class CodesInView:
    """Texts that were read lately. `look` once a frame, before its codes; for one thread."""

    def __init__(self) -> None:
        self._looks = 0
        self._now_s = 0.0
        self._last: dict[str, tuple[float, int]] = {}

    def look(self, taken_at_s: float) -> None:
        """A frame taken then was looked at: forget what has left the view."""
        self._looks += 1
        self._now_s = taken_at_s
        self._last = {
            text: (at_s, look)
            for text, (at_s, look) in self._last.items()
            if taken_at_s - at_s < LEFT_AFTER_S or self._looks - look < LEFT_AFTER_LOOKS
        }

    def again(self, text: str) -> bool:
        """Whether the code was told since it came into view; it stays for being read again.

        True also for a new code when there are more in view than any shop has.
        """
        if text not in self._last:
            return len(self._last) >= CODES_MAX
        self._last[text] = (self._now_s, self._looks)
        return True

    def add(self, text: str) -> None:
        """The code is told now."""
        self._last[text] = (self._now_s, self._looks)

    def clear(self) -> None:
        """Forget all of them."""
        self._last.clear()
