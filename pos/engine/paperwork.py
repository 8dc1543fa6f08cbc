"""What a person asks of paper and the drawer, and the receipt that lies on the desk.

Apart from the receipts, which print by themselves: here somebody pressed a key.
"""

from pos.engine.parts import Parts
from pos.engine.receipts import Receipts
from pos.sale.input import CallHelp, OpenDrawer, PaperInput, Reprint, ShowReceipt
from pos.sale.receipt import Receipt
from pos.sale.till import Desk
from pos.sale.view import Notice, Stage, Verdict, notice


class Paperwork:
    """`help_wanted` is whether somebody called for help and nobody came yet."""

    def __init__(self, parts: Parts, receipts: Receipts) -> None:
        self._parts = parts
        self._receipts = receipts
        self._asked_for = ""
        self._carried: tuple[Receipt, tuple[str, ...]] | None = None
        self.help_wanted = False

    def obey(self, given: PaperInput) -> Notice | None:
        """Do it; what to say, or None."""
        match given:
            case ShowReceipt():
                self._asked_for = given.document_id
                if given.document_id and self._receipts.receipt(given.document_id) is None:
                    return notice("receipt.unknown")
                return None
            case Reprint():
                return self._receipts.again(given.document_id)
            case OpenDrawer():
                return self._receipts.open_drawer()
            case CallHelp():
                self.help_wanted = not self.help_wanted
                return None

    def shown(self, desk: Desk) -> tuple[Receipt | None, tuple[str, ...]]:
        """The receipt on the desk, and the texts of it that may be carried home.

        That of the sale that was just paid, or whichever was asked for: which then is a copy.
        """
        just_paid = desk.stage is Stage.OUTCOME and desk.verdict is Verdict.PAID
        if self._asked_for:
            receipt = self._receipts.receipt(
                self._asked_for, copy=not (just_paid and self._asked_for == desk.request_id)
            )
        elif just_paid:
            receipt = self._receipts.receipt(desk.request_id)
        else:
            receipt = None
        if receipt is None:
            return None, ()
        if self._carried is None or self._carried[0] != receipt:
            self._carried = (receipt, self._parts.carry(receipt))
        return self._carried
