"""Which wallets pay here right now, for a visitor who is about to choose one.

Apart from the counter's line, which names what is missing to a cashier: a visitor reads the names,
each with a mark of its own, and the reason with its time where one cannot pay.
"""

from pos.language import Language
from pos.sale.capability import Capability
from pos.sale.view import View
from pos.screens.panels import missing_text


def pays(wallet: Capability) -> bool:
    """Whether somebody may pay with it, one way or the other, as far as is known."""
    return wallet.scan.able is not False or wallet.show.able is not False


def names_text(view: View) -> str:
    """The wallets with their marks, in no language; empty where none is known."""
    return "   ".join(f"{'✓' if pays(each) else '×'} {each.wallet}" for each in view.wallets)


def wallets_text(view: View, language: Language) -> str:
    """The same, and a line for each that cannot pay, or only one way: why, and since when."""
    if not view.wallets:
        return language.say("display.wallets")
    lines = [names_text(view)]
    for each in view.wallets:
        missing = [ability for ability in (each.scan, each.show) if ability.able is False]
        if missing:
            at = f" ({language.clock_text(missing[0].known_at)})" if missing[0].known_at else ""
            lines.append(missing_text(each, language) + at)
    return "\n".join(lines)
