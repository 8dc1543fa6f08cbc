"""The fleet from the shell: a real till at a counter, the shop's real broker, and who watches.

Settings are pushed to a till that sells, and held by it from then on.
"""

import json
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import shell
from driving.counter import QUIT, Counter
from driving.shell import Ran
from driving.tills import Till

from pos.bench.broker import ShopBroker, mosquitto
from pos.errors import Refused
from pos.fleet.roll import Standing
from pos.fleet.watch import Watch

NAME = "OSL-1.T01"
ROOT = Path(__file__).resolve().parents[2]
SOON_S = 60.0

pytestmark = pytest.mark.usefixtures("pseudo_terminals")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ShopBroker]:
    """The shop's, started."""
    if mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    with ShopBroker(tmp_path / "broker", (NAME, "OSL-1.T02")) as running:
        yield running


@pytest.fixture
def office(broker: ShopBroker, tmp_path: Path) -> Callable[..., Ran]:
    """`pos fleet` of whoever watches."""

    def fleet(*args: str) -> Ran:
        state = ["--state", str(tmp_path / "office")]
        return shell.run("fleet", *broker.options(), *state, *args)

    return fleet


def join(till: Till, broker: ShopBroker, public: str) -> None:
    """Write [fleet] into the till's settings."""
    path = till.folder / "terminal.toml"
    text = path.read_text() + broker.section(NAME, f'public_key = "{public}"')
    path.write_text(text)


def told(office: Callable[..., Ran]) -> dict[str, Any]:
    """What `pos fleet --json` says of the one till."""
    (found,) = json.loads(office("--json").out)["terminals"]
    return dict(found)


def stands(watch: Watch, standing: Standing) -> Callable[[], bool]:
    """Whether the one till has told something and stands so."""

    def now() -> bool:
        return [each.standing for each in watch.seen() if each.report is not None] == [standing]

    return now


def kinds(till: Till) -> list[str]:
    """The kinds of the entries in its journal."""
    return [row["kind"] for row in till.journal()]


def until(happened: Callable[[], bool], what: str) -> None:
    """Ask again and again."""
    ends_s = time.monotonic() + SOON_S
    while not happened():
        assert time.monotonic() < ends_s, what
        time.sleep(0.1)


def test_a_tills_day_as_the_office_sees_it(
    till: Till, broker: ShopBroker, office: Callable[..., Ran]
) -> None:
    """It opens, takes settings between two sales, sells, dies, comes back and closes."""
    public = office("key").out.strip()
    join(till, broker, public)
    assert office().out == "0 tills\n"
    with Watch(broker.address()) as watch, Counter("--state", str(till.folder)) as counter:
        until(stands(watch, Standing.WELL), "it is well")
        pushed = office("push", "terminal.language=nb", "staff.refund_above=200", "--to", NAME)
        assert (pushed.out, pushed.code) == (f"{NAME}: taken\n", 0), pushed
        until(lambda: b"Skann koden" in counter.drawn, "it speaks Norwegian")
        assert counter.child.poll() is None, "it is the same process"
        until(lambda: kinds(till)[-3:] == ["Configured", "Stopped", "Started"], "it goes on")
        refused = office("push", "terminal.language=xx", "--to", NAME)
        assert refused.code == 2
        assert "cannot be 'xx'" in refused.err
        until(stands(watch, Standing.WELL), "it is well again")
        counter.child.kill()
        counter.child.wait()
        until(stands(watch, Standing.LOST), "it is lost")
        down = office()
        assert down.code == 1
        assert re.search(rf"{re.escape(NAME)} +lost ", down.out)
        assert "1 tills: 1 lost" in down.out
    # Pushed while it is dead: they lie in the broker.
    late = office("push", "terminal.language=sv", "--to", NAME, "--wait", "0.5")
    assert (late.code, late.out) == (3, f"{NAME}: no answer yet\n")
    with Watch(broker.address()) as watch, Counter("--state", str(till.folder)) as counter:
        until(stands(watch, Standing.WELL), "it is back")
        counter.press_until(QUIT, lambda: counter.child.poll() is not None)
    closed = told(office)
    assert closed["standing"] == "closed"
    assert closed["report"]["pushed"]["answered"] == 1
    verified = till.pos("journal", "verify")
    assert verified.code == 0, verified
    assert office("forget", NAME).code == 0
    assert office().out == "0 tills\n"
    assert office("forget", NAME).code == 1


def test_without_a_broker_the_till_sells_as_ever(till: Till, broker: ShopBroker) -> None:
    """It was there and is gone, and never says anything on the till."""
    join(till, broker, "")
    broker.stop(signal.SIGKILL)
    assert till.sell(till.switch.new_code()).code == 0
    with Counter("--state", str(till.folder)) as counter:
        counter.wait(lambda: b"Enter" in counter.drawn)
        counter.press_until(QUIT, lambda: counter.child.poll() is not None)
        assert counter.ended() == 0


def test_a_key_that_is_none_is_told_before_anything_is_sold(till: Till, broker: ShopBroker) -> None:
    """With the remedy, and exit 2; a sale from the shell tells nobody and needs no fleet."""
    join(till, broker, "x")
    done = till.pos("counter")
    assert (done.code, "pos fleet key" in done.err) == (2, True), done


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--broker", "mqtt://away:1883"], 2, "is no broker"),
        (["--broker", "http://away"], 2, "is no broker"),
        ([], 2, "There is no broker"),
        (["--broker", "mqtt://localhost:1"], 1, "does not answer"),
        (["--broker", "mqtt://localhost:1", "push", "x=y", "--to", "T1"], 2, "cannot be pushed"),
        (["--broker", "mqtt://localhost:1", "push", "order.tips=true"], 2, "--to"),
        (["--broker", "mqtt://localhost:1", "push", "order.tips=true", "--all"], 2, "fleet key"),
    ],
)
def test_what_goes_wrong_is_a_sentence(
    args: list[str], code: int, said: str, tmp_path: Path
) -> None:
    """With the remedy in it, and no trace."""
    done = shell.run("fleet", "--state", str(tmp_path / "office"), *args)
    assert (done.code, said in done.err) == (code, True), done
    assert "Traceback" not in done.err


def test_every_measure_that_the_dashboard_draws_is_served(
    till: Till, broker: ShopBroker, tmp_path: Path
) -> None:
    """Grafana's file asks for nothing else than what `pos fleet --metrics` answers."""
    join(till, broker, "")
    assert till.sell(till.switch.new_code()).code == 0
    with Counter("--state", str(till.folder)):
        serving = shell.start("fleet", *broker.options(), "--metrics", "0")
        try:
            url = shell.line_with(serving, "metrics on ").removeprefix("metrics on ")

            def text() -> str:
                with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own
                    return str(answer.read().decode())

            until(lambda: f'samkassa_terminal_sales_total{{terminal="{NAME}"}} 1.0' in text(), "it")
            served = text()
        finally:
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(20) == 0
            serving.communicate()
    names = set(re.findall(r"^(samkassa_\w+)", served, re.MULTILINE))
    drawn = set(re.findall(r"samkassa_\w+", (ROOT / "pos/fleet/grafana.json").read_text()))
    assert drawn
    assert drawn <= names
    assert names - drawn == set(), "what is measured is drawn"
    for line in ("samkassa_fleet_broker_up 1.0", f'samkassa_terminal_up{{terminal="{NAME}"}} 1.0'):
        assert line in served
    assert 'samkassa_terminal_sold_minor_total{currency="NOK",' in served


def test_a_small_fleet_keeps_its_limits(tmp_path: Path) -> None:
    """`pos bench fleet` in its small form; the command itself measures two thousand."""
    if mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    from pos.bench.fleet import measure

    figures = list(measure(tmp_path, 24, lambda _: None))
    assert len(figures) == 6
    if missed := [figure.line() for figure in figures if not figure.well]:
        raise Refused("; ".join(missed))
