"""What a person asks of paper and the drawer, and the receipt that lies on the desk.

Apart from the receipts, which print by themselves: here somebody pressed a key, or held up a
receipt to the camera.
"""

from pos.engine.attending import Attending
from pos.engine.parts import Parts, Writer
from pos.engine.receipts import Receipts
from pos.engine.tickets import Tickets
from pos.sale.carried import taken_apart
from pos.sale.code import ReceiptCode, recognise
from pos.sale.input import (
    CallHelp,
    OpenDrawer,
    PaperInput,
    Reprint,
    Scanned,
    SeekReceipt,
    ShowReceipt,
)
from pos.sale.issuing import document_of, receipt_of
from pos.sale.receipt import Receipt
from pos.sale.showing import row
from pos.sale.till import Desk
from pos.sale.view import Notice, Papers, Stage, Verdict, notice


class Paperwork:
    """`seeking` is whether the camera is to look for a receipt while no sale is on the desk."""

    def __init__(
        self,
        parts: Parts,
        writer: Writer,
        receipts: Receipts,
        tickets: Tickets,
        attending: Attending,
    ) -> None:
        self._parts = parts
        self._tickets = tickets
        self._attending = attending
        self._writer = writer
        self._receipts = receipts
        self._asked_for = ""
        self._found = ""
        self._help_wanted = False
        self._carried: tuple[Receipt, tuple[str, ...]] | None = None
        self.seeking = False

    def obey(self, given: PaperInput) -> Notice | None:
        """Do it; what to say, or None."""
        match given:
            case ShowReceipt():
                self._asked_for, self._found = given.document_id, ""
                if (
                    given.document_id
                    and receipt_of(self._writer.history, given.document_id) is None
                ):
                    return notice("receipt.unknown")
                return None
            case Reprint():
                return self._receipts.again(given.document_id)
            case OpenDrawer():
                return self._receipts.open_drawer()
            case SeekReceipt():
                self.seeking = given.wanted
                return None
            case CallHelp():
                self._help_wanted = not self._help_wanted
                return None

    def help_came(self) -> None:
        """Somebody answered the call."""
        self._help_wanted = False

    def is_receipt(self, given: Scanned) -> bool:
        """Whether what was read is a receipt, on paper or on a phone; whosever it is."""
        text = given.text.reveal()
        code = recognise(text, given.symbology)
        return isinstance(code, ReceiptCode) or taken_apart(text) is not None

    def find(self, given: Scanned) -> Notice | None:
        """Put the sale of this receipt on the desk; what to say where it is none of ours."""
        request_id = self._sale_of(given)
        if request_id is None or receipt_of(self._writer.history, request_id) is None:
            return notice("receipt.not_ours")
        self._asked_for = self._found = request_id
        return None

    def _sale_of(self, given: Scanned) -> str | None:
        """The payment that the receipt is of. One on a phone has to be signed by this till."""
        text, history = given.text.reveal(), self._writer.history
        carried = taken_apart(text)
        if carried is None:
            code = recognise(text, given.symbology)
            return code.request_id if isinstance(code, ReceiptCode) else None
        if self._parts.carrier is None or not self._parts.carrier.is_ours(carried):
            return None
        document_id = document_of(history, carried.number)
        refund = history.refunds.get(document_id)
        return document_id if refund is None else refund.request_id

    def papers(self, desk: Desk) -> Papers:
        """What a front end may show of it."""
        parts, history = self._parts, self._writer.history
        receipt = self._tickets.on(self._shown(desk))
        payment = history.payments.get(self._found)
        found = None
        if payment is not None:
            found = row(payment, history, parts.clock.wall(), parts.limits)
        return Papers(
            parts.terminal,
            receipt,
            self._texts(receipt),
            found,
            self._attending.pin_above,
            self._help_wanted,
            parts.paper is not None,
        )

    def _shown(self, desk: Desk) -> Receipt | None:
        """That of the sale that was just paid, or whichever was asked for: which is a copy."""
        history = self._writer.history
        just_paid = desk.stage is Stage.OUTCOME and desk.verdict is Verdict.PAID
        if self._asked_for:
            copy = not (just_paid and self._asked_for == desk.request_id)
            return receipt_of(history, self._asked_for, copy=copy)
        return receipt_of(history, desk.request_id) if just_paid else None

    def _texts(self, receipt: Receipt | None) -> tuple[str, ...]:
        if receipt is None or self._parts.carrier is None:
            return ()
        if self._carried is None or self._carried[0] != receipt:
            self._carried = (receipt, self._parts.carrier.texts(receipt))
        return self._carried[1]
