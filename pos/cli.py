"""The commands, thin: each is loaded from its own file only when it is typed.

Apart from the commands themselves so that `pos counter` never loads the switch, nor the switch a
screen. Errors for people go to standard error, one sentence each; exit 2 for wrong use, 1 for a
refused sale, 3 for an outcome not yet known.
"""

import importlib
import sys

import click

from pos import __version__
from pos.errors import PosError
from pos.privacy import keep_memory_private
from pos.pulse import note
from pos.serial_line import give_size

STANDARD_OUTPUT = 1  # its number, whatever stands in its place

# command -> (module, attribute, one line of help). The help stands here so that listing the
# commands imports none of them.
COMMANDS = {
    "demo": ("demo", "demo", "The whole scheme on this machine: till, switch and three wallets."),
    "counter": ("counter", "counter", "The till at a counter."),
    "checkout": ("checkout", "checkout", "Self-checkout without a screen: lights and a voice."),
    "train": ("train", "train", "A training day at the till, with pretend customers."),
    "kiosk": ("kiosk", "kiosk", "Tickets for visitors, with nobody around."),
    "display": ("display", "display", "The customer's screen of the till on this machine."),
    "sell": ("sell", "sell", "One sale from the shell."),
    "catalogue": ("catalogue", "catalogue", "Try a file of products before the till sees it."),
    "refund": ("refund", "refund", "Give back all or part of a payment."),
    "receipt": ("receipt", "receipt", "Receipts: show, print a copy, verify one from a phone."),
    "fleet": ("fleet", "fleet", "Every till of a shop or a chain, from afar."),
    "wiring": ("wiring", "wiring", "Where lights, buzzer and buttons are wired on the Pi."),
    "payments": ("payments", "payments", "List the payments in the journal."),
    "recover": ("recover", "recover", "Settle what is unfinished, then list what is left."),
    "tickets": ("tickets", "tickets", "Tickets of a site: issued, given back, the gates' key."),
    "gate": ("gate", "gate", "A turnstile: reads tickets and lets each in once."),
    "scan": ("scan", "scan", "What the scanner reads in pictures or live."),
    "camera": ("camera", "camera", "How well the camera works where it is mounted."),
    "check": ("check", "check", "Whether this till is fit to sell, with a remedy for each fault."),
    "update": ("update", "update", "Make, sign, check and take releases of the program."),
    "logs": ("logs", "logs", "What the till noted; one payment's story in plain words."),
    "attach": ("attach", "attach", "See the till's own screen from afar, and help the shop."),
    "enrol": ("enrol", "enrol", "Make this device a till of a switch, or give it a new key."),
    "switch": ("switch", "switch", "The scheme's switch."),
    "scheme": ("scheme", "scheme", "The switch's callers, customers and books."),
    "report": ("report", "report", "X, Z, audit file, export; whether others agree."),
    "shop-key": ("shop_key", "shop_key", "The key that the tills of one shop share."),
    "staff": ("staff", "staff", "Who may work the till."),
    "journal": ("journal", "journal", "Verify, list or export the journal."),
    "prove": ("prove", "prove", "The proof that no money is lost or doubled."),
    "bench": ("bench", "bench", "Measure the till against limits taken in the same run."),
    "pictures": ("pictures", "pictures", "Draw the pictures of the screens for the README."),
}


class Commands(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(
            importlib.import_module(f"pos.commands.{module}"), attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pos")
def cli() -> None:
    """Samkassa, the joint till for Vipps, ePassi and Alipay."""


def main() -> None:
    """The entry point `pos`."""
    keep_memory_private()
    give_size(STANDARD_OUTPUT)
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except PosError as fault:
        click.echo(str(fault), err=True)
        note(str(fault))
        sys.exit(fault.exit_code)
    except OSError as fault:
        # A disk that is full or a folder of somebody else's, met where no module expected it.
        told = f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault)
        click.echo(f"The system refused ({told}); check the disk and its rights.", err=True)
        note(f"The system refused ({told}); check the disk and its rights.")
        sys.exit(1)
    except Exception as fault:
        note(f"Samkassa met a fault of its own ({type(fault).__name__}: {fault}).")
        raise


if __name__ == "__main__":
    main()
