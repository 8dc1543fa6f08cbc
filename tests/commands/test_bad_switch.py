"""A switch that is down, slow, silent or lying: the outcome is right in the end, on both sides.

Apart from the other bad input because here the answers are bad, and money may have moved.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from driving import shell
from driving.agreement import disagreements
from driving.meddler import Relay
from driving.shell import one_sentence
from driving.tills import SwitchProcess, Till

from pos.folders import SWITCH_FOLDER_NAME
from pos.scheme.app import create_app
from pos.scheme.clients import Clients, own_key
from pos.scheme.faults import Fault, Faults
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import Signer
from pos.switch.wire import PATHS

LATE_S = 6.5  # beyond the five seconds for which a till waits for the first byte
_numbers = count(1)

# Many processes in one test: on a slow machine they may need longer than other tests.
pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True, slots=True)
class Faulty:
    """A switch on the books of another, whose answers go wrong as planned."""

    url: str
    faults: Faults
    scheme: SimulatedScheme

    def agrees_with(self, till: Till) -> bool:
        """Whether both books tell the same."""
        found = disagreements(till.journal(), statement(self.scheme.store), till.client_id)
        assert found == []
        return not found


@pytest.fixture(scope="module")
def faulty(switch: SwitchProcess) -> Iterator[Faulty]:
    """A second server over the same books and key, with faults to plan."""
    folder = switch.state / SWITCH_FOLDER_NAME
    with Store.open(f"sqlite:///{folder / 'switch.db'}") as store:
        scheme = open_scheme(store)
        faults = Faults(late_s=LATE_S)
        signer = Signer(own_key(folder))
        app = create_app(
            scheme.book, Clients(store), signer, faults=faults, behaviour=scheme.behaviour
        )
        with RunningSwitch(app) as running:
            yield Faulty(running.url, faults, scheme)


@pytest.fixture
def shop(faulty: Faulty, switch: SwitchProcess, tmp_path: Path) -> Iterator[Till]:
    """A till that pays into the faulty switch; every fault that a test planned must have struck."""
    till = switch.new_till(tmp_path / "shop", f"shop-{next(_numbers)}")
    till.settle_in(faulty.url)
    yield till
    left = {call: faulty.faults.take(call) for call in PATHS}
    assert set(left.values()) == {None}, left


@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.LOST])
def test_a_paid_sale_whose_answer_goes_wrong(fault: Fault, faulty: Faulty, shop: Till) -> None:
    """Late, doubled, forged, another's, a page or half a body: the till asks and finds it paid."""
    faulty.faults.plan("pay", fault)
    done = shop.sell(shop.switch.new_code())
    assert (done.code, done.err, done.last["state"]) == (0, "", "PAID")
    assert shop.states() == ["PAID"]
    assert faulty.agrees_with(shop)


def test_a_declined_sale_whose_answer_goes_wrong(faulty: Faulty, shop: Till) -> None:
    """A refusal that cannot be believed is asked about, and found."""
    faulty.faults.plan("pay", Fault.BAD_SIGNATURE)
    done = shop.sell(shop.switch.new_code("declines"))
    assert (done.code, done.last["state"]) == (1, "DECLINED")
    one_sentence(done.err)
    assert faulty.agrees_with(shop)


def test_the_inquiries_go_wrong_too(faulty: Faulty, shop: Till) -> None:
    """One bad answer after another moves nothing; the first good one settles it."""
    faulty.faults.plan("pay", Fault.HALF)
    # The first inquiry is the till's question, on starting, whether the switch is well.
    wrong = (Fault.DOUBLED, Fault.OTHER_PAYMENT, Fault.BAD_SIGNATURE)
    faulty.faults.plan("inquiryPayment", *wrong)
    done = shop.sell(shop.switch.new_code())
    assert (done.code, done.last["state"]) == (0, "PAID")
    assert faulty.agrees_with(shop)


def test_the_cancel_goes_wrong_too(faulty: Faulty, shop: Till) -> None:
    """A cancel counts only when the switch has truly agreed; until then it is asked again."""
    faulty.faults.plan("cancel", Fault.OTHER_PAYMENT, Fault.BAD_SIGNATURE)
    code = shop.switch.new_code("silent")
    selling = shop.start("sell", "--amount", "9", "--code", code)
    shell.line_with(selling, "Waiting")
    selling.send_signal(signal.SIGINT)
    done = shell.finish(selling)
    assert (done.code, done.last["state"]) == (1, "CANCELLED")
    one_sentence(done.err)
    assert faulty.agrees_with(shop)


def test_a_refund_whose_answer_goes_wrong(faulty: Faulty, shop: Till) -> None:
    """Whatever becomes of the answer, the money is given back once."""
    paid = shop.sell(shop.switch.new_code()).last["request_id"]
    faulty.faults.plan("refund", Fault.HALF)
    done = shop.pos("refund", paid, "--amount", "9.50")
    assert (done.code, done.last["state"]) == (0, "REFUNDED")
    assert faulty.agrees_with(shop)


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.BAD_SIGNATURE])
def test_a_switch_that_is_not_believed_gets_no_payment(
    fault: Fault, faulty: Faulty, shop: Till
) -> None:
    """Where already the first question is answered wrongly, nothing is sent: exit 1."""
    faulty.faults.plan("inquiryPayment", fault, fault)
    done = shop.sell(shop.switch.new_code())
    assert (done.code, done.last["state"]) == (1, "REFUSED")
    one_sentence(done.err)
    assert shop.states() == []
    assert faulty.agrees_with(shop)


def test_a_switch_that_is_down(till: Till) -> None:
    """Exit 1 at once: nothing was sent, nothing was charged."""
    with shell.nobody() as address:
        till.settle_in(address)
        for how in (("--code", till.switch.new_code()), ("--show",)):
            done = till.pos("sell", "--amount", "5", *how)
            assert (done.code, done.last["state"]) == (1, "REFUSED")
            one_sentence(done.err)
    assert till.states() == []
    assert till.booked() == []


def test_a_caller_whom_the_switch_does_not_know(till: Till) -> None:
    """A key or caller id that the switch refuses is told before anything is sold."""
    stranger = Till(till.folder, "nobody-registered-this", till.switch)
    stranger.settle_in(till.switch.url)
    done = stranger.sell(till.switch.new_code())
    assert done.code == 1
    assert "CLIENT_INVALID" in one_sentence(done.err)
    assert stranger.states() == []


def test_a_switch_that_goes_down_before_the_payment(till: Till) -> None:
    """Not one byte of the request left, so the sale surely did not happen."""
    # What a start asks: how the link is, what the witness remembers, and to be the till.
    with Relay(till.switch.url, lambda request: request, closes_after=3) as relay:
        till.settle_in(relay.url)
        done = till.sell(till.switch.new_code())
    assert (done.code, done.last["state"], done.last["result_code"]) == (1, "DECLINED", "NOT_SENT")
    assert "charged" in one_sentence(done.err)
    assert till.booked() == []
    assert till.differences() == []


def test_a_request_that_the_network_swallows(till: Till) -> None:
    """Sent and never arrived: not found is not a no, so it is cancelled, and stays cancelled."""

    def swallow(request: bytes) -> bytes | None:
        return None if b"payments/pay " in request else request

    with Relay(till.switch.url, swallow) as relay:
        till.settle_in(relay.url)
        selling = till.start("sell", "--amount", "9", "--code", till.switch.new_code())
        shell.line_with(selling, "Waiting")
        selling.send_signal(signal.SIGINT)
        done = shell.finish(selling)
    assert (done.code, done.last["state"]) == (1, "CANCELLED")
    one_sentence(done.err)
    assert [row["state"] for row in till.booked()] == ["CANCELLED"]
    assert till.differences() == []


def test_a_request_that_was_changed_on_its_way(till: Till) -> None:
    """Another amount than was signed moves nothing, at neither side."""

    def dearer(request: bytes) -> bytes | None:
        return request.replace(b'"12900"', b'"99900"')

    with Relay(till.switch.url, dearer) as relay:
        till.settle_in(relay.url)
        selling = till.start("sell", "--amount", "129", "--code", till.switch.new_code())
        shell.line_with(selling, "Waiting")
        selling.send_signal(signal.SIGINT)
        done = shell.finish(selling)
    assert (done.code, done.last["state"]) == (1, "CANCELLED")
    one_sentence(done.err)
    assert all(abs(row["value"]) != 99900 for row in till.switch.book()["wallets"])
    assert till.differences() == []
