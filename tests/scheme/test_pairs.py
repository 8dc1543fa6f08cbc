"""Every partner's customers at every partner's merchants: nine pairs, two modes, four endings.

Over real HTTP, by the client that tills use, on each engine. Run with -s, the test prints the
table; the README shows the very same one.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.limits import Limits
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.partners import Behaviour
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.switch.signature import Signer, public_key_line
from tests.scheme.shops import SWITCH_KEY, TILL_KEY, Shop
from tests.scheme.test_deaths import check_agreement

PARTNERS = {row.name: row for row in shipped_scheme().wallets}
MODES = ("scanned", "shown")
ENDINGS = ("paid", "declined", "cancelled", "refunded in part")
PAIRS = tuple(product(PARTNERS, PARTNERS))
PRICE, BACK = 4_500, 1_300
README = Path(__file__).parents[2] / "README.md"


@dataclass
class Street:
    """A shop of each partner, a running switch, and the customers of every partner."""

    scheme: object
    shops: dict

    def ends(self, acquirer, wallet, mode, ending):
        """Bring a new payment to `ending`; how it ended, as the till has it in the end."""
        shop, customers = self.shops[acquirer], self.scheme.customers
        request_id = f"r-{sum(len(each.payments) for each in self.shops.values())}"
        if mode == "scanned":
            behaves = Behaviour.DECLINES if ending == "declined" else Behaviour.PAYS
            state = shop.scan(request_id, customers.new_code(wallet, None, behaves), PRICE)
        else:
            assert shop.show(request_id, PRICE) == "INTENT"
            offer = customers.scan(shop.order_code, wallet)
            act = customers.decline if ending == "declined" else customers.approve
            act(wallet, offer.payment_id)
            state = shop.inquire(request_id)
        payment = shop.payments[request_id]
        if ending == "declined":
            assert payment.result_code == "USER_PAYMENT_VERIFICATION_FAILED"
            return {"DECLINED": "declined"}.get(state, state)
        assert state == "PAID"
        assert payment.wallet == PARTNERS[wallet].psp_name
        abroad = PARTNERS[wallet].currency != shop.currency
        assert (payment.customer_amount is not None) is abroad
        if ending == "cancelled":
            return {"CANCELLED": "cancelled"}.get(shop.cancel(request_id))
        if ending == "refunded in part":
            refund = shop.refund(request_id, BACK, f"back-{request_id}")
            return {"REFUNDED": "refunded in part"}.get(refund.state, refund.state)
        return "paid"


@pytest.fixture
def street(store, clock):
    """Shops that sell in their own partner's currency."""
    scheme = open_scheme(store, clock, random.Random(7).randbytes)
    clients = Clients(store, clock)
    for name in PARTNERS:
        clients.add(f"till-{name}", public_key_line(TILL_KEY), name)
    signer, limits = Signer(SWITCH_KEY), Limits.of_paying(0)
    app = create_app(scheme.book, clients, signer, clock=clock, limits=limits)
    with RunningSwitch(app) as running:
        shops = {
            name: Shop(running.url, f"till-{name}", row.currency) for name, row in PARTNERS.items()
        }
        yield Street(scheme, shops)
        for shop in shops.values():
            shop.close()


def table(done):
    """The endings of every pair and mode, as a table of Markdown."""
    heads = [f"{mode}: {ending}" for mode in MODES for ending in ENDINGS]
    lines = [f"| merchant of | customer of | {' | '.join(heads)} |"]
    lines.append("|" + " --- |" * (len(heads) + 2))
    for acquirer, wallet in PAIRS:
        cells = ["yes" if done[acquirer, wallet, *way] else "no" for way in product(MODES, ENDINGS)]
        names = f"{PARTNERS[acquirer].title} | {PARTNERS[wallet].title}"
        lines.append(f"| {names} | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_every_pair_in_both_modes(street, store):
    """72 payments end as they should, as the README has it; then the ledger is what wallets say."""
    ways = list(product(PAIRS, MODES, ENDINGS))
    ended = {(*pair, mode, ending): street.ends(*pair, mode, ending) for pair, mode, ending in ways}
    assert len(ended) == 72
    assert {key: key[-1] for key in ended} == ended
    shown = table({key: value == key[-1] for key, value in ended.items()})
    print(shown)  # noqa: T201
    assert shown in README.read_text("utf-8")
    check_agreement(store)
    books = statement(store)
    assert books["unbalanced"] == []
    totals = Counter()
    for row in books["balances"]:
        totals[row["currency"]] += row["value"]
    assert set(totals.values()) == {0}
    check_positions(books)


def check_positions(books):
    """Each wallet owes each acquirer what its customers paid there, both modes, less refunds."""
    kept = len(MODES) * (2 * PRICE - BACK)
    assert {(row["wallet"], row["acquirer"]): row for row in books["positions"]} == {
        (wallet, acquirer): {
            "wallet": wallet,
            "acquirer": acquirer,
            "currency": PARTNERS[acquirer].currency,
            "value": kept,
        }
        for acquirer, wallet in PAIRS
    }
    owed = {row["account"]: -row["value"] for row in books["balances"]}
    moved = defaultdict(int)
    for row in books["wallets"]:
        moved[row["wallet"]] -= row["value"]
    for name in PARTNERS:
        assert owed[f"merchant:{name}:till-{name}"] == len(PARTNERS) * kept
        assert owed[f"wallet:{name}"] == -moved[name]
