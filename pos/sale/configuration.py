"""What an office far away may change of a till: settings under a number, taken or refused.

Apart from the settings file, which is the shop's own: what was pushed is told by the journal alone,
so that it can neither be lost nor be taken twice. A number that was answered is never answered
again, whatever is sent under it.
"""

from dataclasses import dataclass, field

from pos.errors import IllegalMove


@dataclass(frozen=True, slots=True)
class Setting:
    """`key` as `section.name` of terminal.toml; an empty `value` means as it stands there."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Configure:
    """Input: settings that were pushed by somebody who may, as their signature showed."""

    number: int
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Configured:
    """These settings hold from the next start on. `at` is Unix seconds."""

    number: int
    settings: tuple[Setting, ...]
    at: float


@dataclass(frozen=True, slots=True)
class ConfigurationRefused:
    """What was pushed under this number cannot hold here, and `reason` (a sentence) says why."""

    number: int
    reason: str
    at: float


ConfigurationEvent = Configured | ConfigurationRefused

CONFIGURATION_EVENTS: tuple[type[ConfigurationEvent], ...] = ConfigurationEvent.__args__


@dataclass(slots=True)
class Configuration:
    """The fold. `number` was answered last, `reason` is why it was refused, or empty.

    `values` are the pushed settings that hold, by key.
    """

    number: int = 0
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def check(self, event: ConfigurationEvent) -> None:
        """Raise IllegalMove for a number that was answered; change nothing."""
        if event.number <= self.number:
            raise IllegalMove(f"Settings number {event.number} do not follow {self.number}.")

    def take(self, event: ConfigurationEvent) -> None:
        """Take one entry in. Raises IllegalMove, having changed nothing."""
        self.check(event)
        self.number = event.number
        self.reason = event.reason if isinstance(event, ConfigurationRefused) else ""
        if isinstance(event, Configured):
            for each in event.settings:
                if each.value:
                    self.values[each.key] = each.value
                else:
                    self.values.pop(each.key, None)
