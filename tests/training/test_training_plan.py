"""Who comes on a training day, and how it may be begun."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pos.cli import cli
from pos.commands.pictures import PRODUCTS
from pos.errors import PosError, WrongUse
from pos.sale.catalogue import NOTHING
from pos.training.plan import CUSTOMERS_MAX, Mishap, planned

WALLETS = ("vipps", "epassi", "alipay")


@given(st.integers(0, 10**6), st.integers(1, CUSTOMERS_MAX))
def test_a_seed_makes_the_same_day_of_fair_trouble(seed: int, count: int) -> None:
    """The same customers again; no mishap comes twice more than another; the first has none."""
    day = planned(seed, count, PRODUCTS, WALLETS)
    assert day == planned(seed, count, PRODUCTS, WALLETS)
    assert [each.number for each in day] == list(range(1, count + 1))
    assert day[0].mishap is Mishap.NONE
    troubles = [each.mishap for each in day[1:]]
    counts = [troubles.count(each) for each in Mishap if each is not Mishap.NONE]
    assert max(counts) - min(counts) <= 1
    for each in day:
        assert each.goods
        assert not any(product.age_limit for product in each.goods)
        more = each.first_amount.value - each.amount.value
        assert (more > 0) is (each.mishap is Mishap.WRONG_AMOUNT)


@pytest.mark.parametrize("count", [0, -1, CUSTOMERS_MAX + 1])
def test_a_day_of_nobody_or_of_a_crowd_is_refused(count: int) -> None:
    """The sentence names the numbers that may be given."""
    with pytest.raises(WrongUse, match="1 to 100"):
        planned(1, count, PRODUCTS, WALLETS)


def test_a_shop_with_nothing_to_sell_is_refused() -> None:
    """The sentence says what is missing."""
    with pytest.raises(WrongUse, match="too few products"):
        planned(1, 3, NOTHING, WALLETS)


def test_training_wants_a_terminal_and_never_a_shops_folder(tmp_path: Path) -> None:
    """Without a terminal it says so; a folder with anything in it is no folder for practice."""
    done = CliRunner().invoke(cli, ["train"])
    assert isinstance(done.exception, WrongUse)
    assert "terminal" in str(done.exception)
    from pos.commands.train import _new_folder

    (tmp_path / "journal.db").write_bytes(b"")
    with pytest.raises(PosError, match="not empty"):
        _new_folder(str(tmp_path))
