"""Things to touch that a fingertip does not miss: at least five lines high.

Apart from the keys of the counter because no keyboard stands for them, and because a target that
cannot be had now stays where it is, and says why when it is touched.
"""

from textual.content import Content

from pos.sale.choice import Choice
from pos.screens.kiosk import flags
from pos.screens.panels import Key, harmless


class Target(Key):
    """A large key with its hint on a line of its own."""

    def render(self) -> Content:
        """The label, then the hint; in brackets what cannot be had now, for eyes without colour."""
        label = Content.styled(harmless(self.label), "bold")
        if self.has_class("-off"):
            label = Content(f"({harmless(self.label)})")
        return Content.assemble(label, "\n", harmless(self.hint)) if self.hint else label

    def offer(self, label: str, action: str, *, is_open: bool = True, hint: str = "") -> None:
        """Show this, and post `action` when touched."""
        self.action = action
        self.set_class(not is_open, "-off")
        if (label, hint) != (self.label, self.hint):
            self.label, self.hint = label, hint
            self.refresh(layout=True)


class FlagTarget(Target):
    """A language: its flag, its own name, and the letters that a keyboard knows it by."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(name, f"language:{code}", id=f"flag-{code}", classes="flag")
        self._flag = flags.drawn(code)

    def render(self) -> Content:
        """The flag, then the name."""
        return Content("\n").join([*self._flag, Content.styled(self.label, "bold")])


def by_action(choices: tuple[Choice, ...]) -> dict[str, Choice]:
    """The choices by their names."""
    return {each.action: each for each in choices}
