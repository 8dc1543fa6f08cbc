"""Charges = sales: the switch's books and the till's journal, read apart and compared.

Apart from the tour so that the comparison trusts neither side: it opens both files itself, after
the till has let go of them, and joins them by request id.
"""

from dataclasses import dataclass
from pathlib import Path

from pos.folders import JOURNAL_NAME, SWITCH_FOLDER_NAME
from pos.journal import read
from pos.sale.money import exponent
from pos.sale.payment import State
from pos.sale.refund import RefundState

# (minor units charged or sold, minor units given back) by request id
Sides = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Row:
    """One wallet: what the till sold and gave back, what the switch charged and refunded."""

    wallet: str
    sold: int
    charged: int
    given_back: int
    refunded: int
    sale_count: int
    charge_count: int

    @property
    def equal(self) -> bool:
        """Whether both sides tell the same."""
        return (self.sold, self.given_back, self.sale_count) == (
            self.charged, self.refunded, self.charge_count,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Totals:
    """The table. `strays` are request ids on which the two sides differ, whatever the sums say."""

    rows: tuple[Row, ...]
    strays: tuple[str, ...]
    unfinished: int
    currency: str

    @property
    def equal(self) -> bool:
        """Whether every single payment and every sum is the same on both sides."""
        return not self.strays and not self.unfinished and all(row.equal for row in self.rows)

    def lines(self) -> list[str]:
        """The table as text."""
        head = f"{'wallet':<10} {'sales':>5} {'charges':>7} {'sold':>12} {'charged':>12}"
        lines = [f"{head} {'given back':>12} {'refunded':>12}"]
        lines += [self._line(row) for row in (*self.rows, self._sum())]
        verdict = "charges = sales" if self.equal else "CHARGES DIFFER FROM SALES"
        if self.strays:
            verdict += ": " + ", ".join(self.strays)
        if self.unfinished:
            verdict += f" ({self.unfinished} unfinished)"
        return [*lines, verdict]

    def _sum(self) -> Row:
        def of(name: str) -> int:
            return sum(getattr(row, name) for row in self.rows)

        return Row("all", of("sold"), of("charged"), of("given_back"), of("refunded"),
                   of("sale_count"), of("charge_count"))  # fmt: skip

    def _line(self, row: Row) -> str:
        decimals = exponent(self.currency)

        def major(value: int) -> str:
            return f"{value / 10**decimals:.{decimals}f} {self.currency}"

        return (
            f"{row.wallet:<10} {row.sale_count:>5} {row.charge_count:>7} {major(row.sold):>12} "
            f"{major(row.charged):>12} {major(row.given_back):>12} {major(row.refunded):>12} "
            f"{'=' if row.equal else 'DIFFER'}"
        )


def totals(state: Path, client_id: str, currency: str) -> Totals:
    """Read both sides of the till `client_id` in `state` and compare them."""
    sales, sale_wallets, unfinished = _journal_side(state)
    charges, charge_wallets = _switch_side(state, client_id)
    wallets = sale_wallets | charge_wallets
    rows = []
    for wallet in sorted(set(wallets.values()), key=str.casefold):
        ids = [request_id for request_id, name in wallets.items() if name == wallet]
        rows.append(Row(
            wallet,
            sum(sales[i][0] for i in ids if i in sales),
            sum(charges[i][0] for i in ids if i in charges),
            sum(sales[i][1] for i in ids if i in sales),
            sum(charges[i][1] for i in ids if i in charges),
            sum(i in sales for i in ids),
            sum(i in charges for i in ids),
        ))  # fmt: skip
    strays = [i for i in wallets if sales.get(i) != charges.get(i)]
    return Totals(tuple(rows), tuple(strays), unfinished, currency)


def _journal_side(state: Path) -> tuple[Sides, dict[str, str], int]:
    history = read(state / JOURNAL_NAME)
    paid = [p for p in history.payments.values() if p.state is State.PAID]
    given = {
        payment.request_id: sum(
            refund.amount.value
            for refund in history.refunds_of(payment.request_id)
            if refund.state is RefundState.REFUNDED
        )
        for payment in paid
    }
    sides = {p.request_id: (p.amount.value, given[p.request_id]) for p in paid}
    unfinished = len(history.open_payments()) + len(history.open_refunds())
    return sides, {p.request_id: p.wallet.casefold() for p in paid}, unfinished


def _switch_side(state: Path, client_id: str) -> tuple[Sides, dict[str, str]]:
    from pos.scheme.partner_file import shipped_scheme
    from pos.scheme.statement import statement
    from pos.scheme.store import Store

    names = {terms.name: terms.psp_name.casefold() for terms in shipped_scheme().wallets}
    with Store.open(f"sqlite:///{(state / SWITCH_FOLDER_NAME / 'switch.db').resolve()}") as store:
        books = statement(store)
    refunded: dict[str, int] = {}
    for refund in books["refunds"]:
        if refund["state"] == "SUCCEEDED":
            payment_id = refund["payment_id"]
            refunded[payment_id] = refunded.get(payment_id, 0) + refund["amount"]["value"]
    charged = [
        payment
        for payment in books["payments"]
        if payment["client"] == client_id and payment["state"] == "SUCCEEDED"
    ]
    sides = {
        p["request_id"]: (p["amount"]["value"], refunded.get(p["payment_id"], 0)) for p in charged
    }
    return sides, {p["request_id"]: names[p["wallet"]] for p in charged}
