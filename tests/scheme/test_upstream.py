"""Two switches in a chain: the first passes Alipay's payments on to the second, over the wire.

Each has books of its own. The customers are at the second, the till is at the first, and after
whatever happened in between the three must agree.
"""

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from pos.errors import SettingsError
from pos.scheme.app import create_app
from pos.scheme.book import OrderRefused
from pos.scheme.clients import Clients
from pos.scheme.faults import Fault, Faults
from pos.scheme.limits import Limits
from pos.scheme.partner_file import read_scheme
from pos.scheme.partners import Behaviour
from pos.scheme.rates import Rates
from pos.scheme.server import Listener, RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.tables import payment
from pos.switch.signature import Signer, load_private_key, new_private_key, public_key_line
from pos.switch.wire import (
    InquiryPaymentRequest,
    RefundRequest,
    SettlementStrategy,
    WireAmount,
)
from tests.scheme.conftest import pay_request
from tests.scheme.shops import SWITCH_KEY, TILL_KEY, Shop
from tests.scheme.test_deaths import check_agreement

FIRST_PEM = new_private_key()
FAR_KEY = load_private_key(new_private_key())
UPSTREAM = """
[[partner]]
name = "alipay"

[partner.upstream]
url = "{url}"
client_id = "samkassa"
key = "first.pem"
public_key = "{public_key}"
order_codes = {order_codes}
"""


@dataclass
class Far:
    """The second switch: it can be killed and started again at the same place."""

    clock: object
    store: Store
    port: int = 0
    faults: Faults = field(default_factory=lambda: Faults(late_s=4.5))
    running: RunningSwitch | None = None

    def start(self):
        """A new process would begin so: with the store and nothing else."""
        self.scheme = open_scheme(self.store, self.clock, random.Random(8).randbytes)
        clients = Clients(self.store, self.clock)
        clients.add("samkassa", public_key_line(load_private_key(FIRST_PEM)))
        app = create_app(
            self.scheme.book,
            clients,
            Signer(FAR_KEY),
            clock=self.clock,
            faults=self.faults,
            limits=Limits.of_paying(0),
        )
        listener = Listener(port=self.port)
        self.port = int(listener.url.rpartition(":")[2])
        self.running = RunningSwitch(app, listener=listener, grace_s=0)

    def kill(self):
        """Gone from the network; what it has committed stays."""
        self.running.stop()

    def code(self, behaves="pays"):
        """A fresh code of one of its customers."""
        return self.scheme.customers.new_code("alipay", None, Behaviour(behaves))

    def balance(self):
        """What its first customer has."""
        return self.scheme.customers.balance("alipay", "Li Na")


@dataclass
class Chain:
    """A till, the switch before it, and the switch behind that."""

    shop: Shop
    near: object
    far: Far
    clock: object

    def agree(self):
        """Both books are sound, and one owes what the other is owed; how much."""
        check_agreement(self.far.store)
        near, far = statement(self.near.store), statement(self.far.store)
        assert near["unbalanced"] == far["unbalanced"] == []
        there = {row["request_id"]: row for row in far["payments"]}
        for row in near["payments"]:
            behind = there.get(row["payment_id"])
            if row["state"] == "SUCCEEDED" and row["wallet"] == "alipay":
                assert (behind["state"], behind["amount"]) == ("SUCCEEDED", row["amount"])
        owed = {row["account"]: row["value"] for row in near["balances"]}
        owes = {row["account"]: -row["value"] for row in far["balances"]}
        assert owed.get("wallet:alipay", 0) == owes.get("merchant:vipps:samkassa", 0)
        return owed.get("wallet:alipay", 0)

    def nobody_is_owed(self):
        """Whether the first switch has booked nothing."""
        return statement(self.near.store)["balances"] == []


@pytest.fixture
def chain(store, clock, tmp_path):
    """Both switches running; the first on the engine under test, the second on SQLite."""
    with chained(store, clock, tmp_path, "false") as joined:
        yield joined


@pytest.fixture
def maker(store, clock, tmp_path):
    """The same, and the second makes the codes that tills show."""
    with chained(store, clock, tmp_path, "true") as joined:
        yield joined


@contextmanager
def chained(store, clock, tmp_path, order_codes):
    """A chain whose table of partners is in `partners.toml` of the folder."""
    (tmp_path / "first.pem").write_bytes(FIRST_PEM)
    with Store.open(f"sqlite:///{tmp_path}/far.db") as far_store:
        far = Far(clock, far_store)
        far.start()
        file = tmp_path / "partners.toml"
        public_key = public_key_line(FAR_KEY)
        terms = {"url": far.running.url, "public_key": public_key, "order_codes": order_codes}
        file.write_text(UPSTREAM.format(**terms))
        chance = random.Random(7).randbytes
        with open_scheme(store, clock, chance, terms=read_scheme(file)) as near:
            clients = Clients(store, clock)
            clients.add("till-1", public_key_line(TILL_KEY))
            signer, limits = Signer(SWITCH_KEY), Limits.of_paying(0)
            app = create_app(near.book, clients, signer, clock=clock, limits=limits)
            with RunningSwitch(app, grace_s=0) as running:
                shop = Shop(running.url, "till-1")
                yield Chain(shop, near, far, clock)
                shop.close()
        far.kill()


def test_paid_through_both(chain):
    """The till is told that Alipay paid; the customer was charged once, in her own currency."""
    before = chain.far.balance()
    assert chain.shop.scan("r-1", chain.far.code()) == "PAID"
    assert chain.shop.payments["r-1"].wallet == "AlipayCN"
    assert before - chain.far.balance() == 9_061
    assert chain.agree() == 12_900


def test_what_the_customer_paid_over_there_is_told_at_the_till(chain):
    """The second switch's own amount and quote, at once and when the till asks later."""
    chain.far.scheme.book.quote_by(other_rates())
    chain.shop.scan("r-1", chain.far.code())
    chain.far.faults.plan("pay", Fault.HALF)
    chain.shop.scan("r-2", chain.far.code())
    assert chain.shop.inquire("r-2") == "PAID"
    for request_id in ("r-1", "r-2"):
        paid = chain.shop.payments[request_id]
        assert str(paid.customer_amount) == "103.20 CNY"
        assert paid.rate == "NOK/CNY 0.80000000"
    request = InquiryPaymentRequest(payment_request_id="r-1")
    here = chain.near.book.inquire_payment("till-1", request)
    there = chain.far.scheme.book.inquire_payment(
        "samkassa", InquiryPaymentRequest(payment_request_id=here.payment_id)
    )
    assert here.actual_payment_amount == there.actual_payment_amount
    assert here.payment_quote.quote_id == there.payment_quote.quote_id
    # What the switches owe each other is in the merchant's currency all the same.
    assert chain.agree() == 25_800


def test_what_the_merchant_is_paid_out_in_is_not_the_second_switchs_business(chain):
    """He asks for EUR; the switches settle with each other in the currency of his price."""
    asked = {"settlement_strategy": SettlementStrategy(settlement_currency="EUR")}
    request = pay_request("r-1", chain.far.code()).model_copy(update=asked)
    paid = chain.near.book.pay("till-1", request)
    assert paid.gross_settlement_amount.currency == "EUR"
    assert chain.agree() == 12_900
    assert {row["currency"] for row in statement(chain.far.store)["balances"]} == {"CNY", "NOK"}


def other_rates():
    """At which a krone is 0.80 yuan."""
    per_euro = {"EUR": Decimal(1), "NOK": Decimal(10), "CNY": Decimal(8)}
    return Rates(date(2026, 11, 23), per_euro)


def test_a_payment_of_another_amount_over_there_is_not_believed(chain, caplog):
    """It stays open, and whoever runs the switch is told; once the amount is right it is paid."""
    chain.far.faults.plan("pay", Fault.HALF)
    chain.shop.scan("r-1", chain.far.code())

    def told_there(value):
        with chain.far.store.write() as connection:
            connection.execute(update(payment).values(value=value))

    told_there(12_800)
    assert chain.shop.inquire("r-1") == "INTENT"
    assert chain.near.book.recover() == 1
    assert statement(chain.near.store)["payments"][0]["state"] == "WALLET_PENDING"
    assert chain.nobody_is_owed()
    alarms = [row.getMessage() for row in caplog.records if row.getMessage().startswith("ALARM")]
    assert len(alarms) == 2
    assert "128.00 NOK was paid" in alarms[0]
    told_there(12_900)
    assert chain.shop.inquire("r-1") == "PAID"
    assert chain.agree() == 12_900


def test_declined_over_there(chain):
    """With the reason that the second switch gave."""
    assert chain.shop.scan("r-1", chain.far.code("declines")) == "DECLINED"
    assert chain.shop.payments["r-1"].result_code == "USER_PAYMENT_VERIFICATION_FAILED"
    assert chain.shop.scan("r-2", "281033020000000000000000") == "DECLINED"
    assert chain.shop.payments["r-2"].result_code == "INVALID_PAYMENT_CODE"
    assert chain.agree() == 0


def test_a_customer_with_a_pin_is_waited_for(chain):
    """Each inquiry of the till is one over there."""
    states = [chain.shop.scan("r-1", chain.far.code("pin"))]
    states += [chain.shop.inquire("r-1") for _ in range(2)]
    assert states == ["INTENT", "INTENT", "PAID"]
    assert chain.agree() == 12_900


def test_cancelled_after_it_was_paid(chain):
    """The customer has her money back, and neither switch owes anybody."""
    before = chain.far.balance()
    chain.shop.scan("r-1", chain.far.code())
    assert chain.shop.cancel("r-1") == "CANCELLED"
    assert chain.far.balance() == before
    assert chain.agree() == 0


def test_cancelled_while_she_thinks(chain):
    """And her yes afterwards changes nothing."""
    chain.shop.scan("r-1", chain.far.code("silent"))
    assert chain.shop.cancel("r-1") == "CANCELLED"
    waiting = statement(chain.far.store)["payments"][0]
    assert waiting["state"] == "CANCELLED"
    assert chain.far.scheme.customers.approve("alipay", waiting["payment_id"]).answer == "declined"
    assert chain.agree() == 0


def test_refunded_in_part_and_then_the_rest(chain):
    """Each refund once over there too, and the last one to the smallest unit."""
    before = chain.far.balance()
    chain.shop.scan("r-1", chain.far.code())
    for _ in range(2):
        assert chain.shop.refund("r-1", 3_000, "rf-1").state == "REFUNDED"
    assert chain.agree() == 9_900
    assert chain.shop.refund("r-1", 9_900, "rf-2").state == "REFUNDED"
    assert chain.far.balance() == before
    assert chain.agree() == 0


def test_a_refund_that_the_second_switch_refuses_is_refused(chain):
    """It gave the money back already, to whoever asked there; our books must not."""
    chain.shop.scan("r-1", chain.far.code())
    there = statement(chain.far.store)["payments"][0]
    request = RefundRequest(
        refund_request_id="by-hand",
        payment_id=there["payment_id"],
        refund_amount=WireAmount(currency="NOK", value="12000"),
    )
    assert chain.far.scheme.book.refund("samkassa", request).result.result_status == "S"
    refund = chain.shop.refund("r-1", 3_000, "rf-1")
    assert (refund.state, refund.result_code) == ("REFUSED", "REFUND_AMOUNT_EXCEED")
    assert statement(chain.near.store)["refunds"][0]["state"] == "FAILED"


@pytest.mark.parametrize(
    "fault", [Fault.HALF, Fault.LATE, Fault.BAD_SIGNATURE, Fault.OTHER_PAYMENT, Fault.DOUBLED]
)
def test_an_answer_that_goes_wrong_between_the_switches(chain, fault):
    """The till hears that nothing is known yet, then asks, and is told the truth: charged once."""
    before = chain.far.balance()
    chain.far.faults.plan("pay", fault)
    heard = chain.shop.scan("r-1", chain.far.code())
    assert heard == ("PAID" if fault is Fault.DOUBLED else "INTENT")
    if heard == "INTENT":
        assert chain.shop.inquire("r-1") == "PAID"
    assert before - chain.far.balance() == 9_061
    assert chain.agree() == 12_900


@pytest.mark.parametrize("call", ["cancel", "refund"])
def test_a_lost_answer_to_a_cancel_or_refund(chain, call):
    """It is done over there and repeated by us under the same id, so it is done once."""
    chain.shop.scan("r-1", chain.far.code())
    chain.far.faults.plan(call, Fault.HALF)
    if call == "cancel":
        assert chain.shop.cancel("r-1") == "CANCELLING"
        assert chain.near.book.recover() == 0
        assert statement(chain.near.store)["payments"][0]["state"] == "CANCELLED"
        assert chain.agree() == 0
    else:
        assert chain.shop.refund("r-1", 3_000, "rf-1").state == "ASKED"
        assert chain.shop.refund("r-1", 3_000, "rf-1").state == "REFUNDED"
        assert chain.agree() == 9_900


def test_the_second_switch_is_killed_and_started_again(chain):
    """What it had charged it still knows; what never reached it is cancelled, and not charged."""
    chain.far.faults.plan("pay", Fault.HALF)
    assert chain.shop.scan("r-1", chain.far.code()) == "INTENT"
    code = chain.far.code()
    chain.far.kill()
    assert chain.shop.scan("r-2", code) == "INTENT"
    assert chain.shop.inquire("r-1") == "INTENT"
    assert chain.shop.cancel("r-2") == "CANCELLING"
    chain.far.start()
    assert chain.shop.inquire("r-1") == "PAID"
    assert chain.near.book.recover() == 0
    assert chain.shop.inquire("r-2") == "CANCELLED"
    rows = {row["request_id"]: row["state"] for row in statement(chain.near.store)["payments"]}
    assert rows == {"r-1": "SUCCEEDED", "r-2": "CANCELLED"}
    assert chain.agree() == 12_900


def test_the_first_switch_is_started_again(chain, store, clock, tmp_path):
    """Before it knew the outcome: the start asks the second one, by the same id."""
    chain.far.faults.plan("pay", Fault.HALF)
    assert chain.shop.scan("r-1", chain.far.code()) == "INTENT"
    terms = read_scheme(tmp_path / "partners.toml")
    with open_scheme(store, clock, random.Random(9).randbytes, terms=terms) as again:
        assert again.book.recover() == 0
    assert chain.shop.inquire("r-1") == "PAID"
    assert chain.agree() == 12_900


def test_what_nobody_answers_in_time_is_closed_over_there_too(chain):
    """After its ten minutes the payment fails here, and she can approve it nowhere."""
    chain.shop.scan("r-1", chain.far.code("silent"))
    chain.clock.advance(minutes=11)
    assert chain.shop.inquire("r-1") == "DECLINED"
    assert statement(chain.far.store)["payments"][0]["state"] in ("FAILED", "CANCELLED")
    assert chain.agree() == 0


def test_a_cancel_that_comes_through_too_late_over_there_becomes_a_refund(chain):
    """The second switch was away when its window closed: all is given back all the same."""
    before = chain.far.balance()
    chain.shop.scan("r-1", chain.far.code())
    chain.far.kill()
    assert chain.shop.cancel("r-1") == "CANCELLING"
    chain.clock.advance(days=2)
    chain.far.start()
    assert chain.near.book.recover() == 0
    assert statement(chain.near.store)["payments"][0]["state"] == "CANCELLED"
    assert chain.far.balance() == before
    assert chain.agree() == 0


def test_order_codes_stay_the_first_switchs_own(chain):
    """A code that the till shows is paid by the first switch's own customers as ever."""
    assert chain.shop.show("r-1") == "INTENT"
    offer = chain.near.customers.scan(chain.shop.order_code, "vipps")
    chain.near.customers.approve("vipps", offer.payment_id)
    assert chain.shop.inquire("r-1") == "PAID"


def scan_there(chain, *, yes=True):
    """A customer of the second switch scans what the till shows, and answers."""
    customers = chain.far.scheme.customers
    offer = customers.scan(chain.shop.order_code, "alipay")
    act = customers.approve if yes else customers.decline
    return act("alipay", offer.payment_id)


def test_the_second_switch_makes_the_code_to_show(maker):
    """The till shows it as it came; a repeated request gets the same one; it is paid over there."""
    assert maker.shop.show("r-1") == "INTENT"
    shown = maker.shop.order_code
    assert shown == statement_code(maker.far.store)
    assert maker.shop.show("r-1") == "INTENT"
    assert maker.shop.order_code == shown
    assert maker.shop.inquire("r-1") == "INTENT"
    assert scan_there(maker).answer == "paid"
    assert maker.shop.inquire("r-1") == "PAID"
    assert maker.agree() == 12_900
    assert maker.shop.refund("r-1", 3_000, "rf-1").state == "REFUNDED"
    assert maker.agree() == 9_900


def statement_code(store):
    """The order code of the only payment in the books."""
    with store.read() as connection:
        return connection.execute(select(payment.c.order_code)).scalar_one()


def test_a_shown_code_is_declined_or_cancelled_over_there(maker):
    """With the customer's no, and with the shop's."""
    maker.shop.show("r-1")
    scan_there(maker, yes=False)
    assert maker.shop.inquire("r-1") == "DECLINED"
    maker.shop.show("r-2")
    assert maker.shop.cancel("r-2") == "CANCELLED"
    with pytest.raises(OrderRefused):
        scan_there(maker)
    assert maker.agree() == 0


def test_the_first_switchs_customers_pay_a_code_that_the_second_made(maker):
    """One code for all: it is closed over there before anybody here is asked."""
    maker.shop.show("r-1")
    seen = maker.near.book.preview(maker.shop.order_code, "vipps")
    assert str(seen.charge) == "129.00 NOK"
    offer = maker.near.customers.scan(maker.shop.order_code, "vipps")
    with pytest.raises(OrderRefused):
        scan_there(maker)
    assert maker.shop.inquire("r-1") == "INTENT"
    assert maker.near.customers.approve("vipps", offer.payment_id).answer == "paid"
    assert maker.shop.inquire("r-1") == "PAID"
    assert maker.shop.payments["r-1"].wallet == "Vipps"
    assert maker.agree() == 0
    check_agreement(maker.near.store)


def test_a_code_paid_over_there_is_offered_to_nobody_here(maker):
    """Even before the first switch knew."""
    maker.shop.show("r-1")
    scan_there(maker)
    with pytest.raises(OrderRefused):
        maker.near.customers.scan(maker.shop.order_code, "vipps")
    assert maker.shop.inquire("r-1") == "PAID"
    assert maker.agree() == 12_900


def test_a_code_of_a_switch_that_is_away_is_taken_by_nobody(maker):
    """Whether it was paid there is not known; when it is back, it is."""
    maker.shop.show("r-1")
    scan_there(maker)
    maker.far.kill()
    with pytest.raises(OrderRefused):
        maker.near.customers.scan(maker.shop.order_code, "vipps")
    maker.far.start()
    assert maker.shop.inquire("r-1") == "PAID"
    assert maker.agree() == 12_900


@pytest.mark.parametrize("away", [True, False])
def test_without_the_second_switch_the_code_is_our_own(maker, away):
    """It is away, or its answer breaks off: our customers can pay all the same, and only they."""
    if away:
        maker.far.kill()
    else:
        maker.far.faults.plan("pay", Fault.HALF)
    assert maker.shop.show("r-1") == "INTENT"
    assert maker.shop.order_code.rpartition("/")[2].startswith("28199904")
    offer = maker.near.customers.scan(maker.shop.order_code, "epassi")
    maker.near.customers.approve("epassi", offer.payment_id)
    assert maker.shop.inquire("r-1") == "PAID"
    if away:
        maker.far.start()
    assert maker.agree() == 0


@pytest.mark.parametrize(("line", "told"), [("key", "nowhere.pem"), ("public_key", "public key")])
def test_a_key_that_cannot_be_used_is_told(store, clock, tmp_path, line, told):
    """Before anything is adopted: the scheme stays as it was."""
    (tmp_path / "first.pem").write_bytes(FIRST_PEM)
    public_key = public_key_line(FAR_KEY)
    text = UPSTREAM.format(url="http://127.0.0.1:9", public_key=public_key, order_codes="false")
    wrong = {"key": 'key = "nowhere.pem"', "public_key": 'public_key = "AAAA"'}[line]
    lines = [wrong if row.startswith(f"{line} =") else row for row in text.splitlines()]
    file = tmp_path / "partners.toml"
    file.write_text("\n".join(lines))
    with open_scheme(store, clock, random.Random(7).randbytes) as scheme:
        with pytest.raises(SettingsError, match=told):
            scheme.adopt(read_scheme(file))
        assert set(scheme.wallets) == {"vipps", "epassi", "alipay"}
