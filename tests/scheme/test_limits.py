"""Token buckets on a clock of the test's own."""

from hypothesis import given
from hypothesis import strategies as st

from pos.scheme import limits
from pos.scheme.limits import Buckets, Limits, Rate


class Seconds:
    """A clock that stands still until it is told."""

    now_s = 100.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now_s


def test_a_burst_and_then_the_rate():
    """Three at once, then one every half second."""
    clock = Seconds()
    buckets = Buckets(Rate(2, 3), clock)
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]
    clock.now_s += 0.4
    assert not buckets.take("a")
    clock.now_s += 0.1
    assert [buckets.take("a") for _ in range(2)] == [True, False]


def test_a_long_rest_fills_no_more_than_the_bucket():
    """After a night there are three again, not thousands."""
    clock = Seconds()
    buckets = Buckets(Rate(2, 3), clock)
    buckets.take("a")
    clock.now_s += 40_000
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]


def test_one_callers_haste_is_not_anothers():
    """Each key has its own bucket, and looking takes nothing."""
    buckets = Buckets(Rate(1, 1), Seconds())
    assert buckets.take("a")
    assert not buckets.take("a")
    assert [buckets.left("b"), buckets.left("b"), buckets.take("b"), buckets.left("b")] == [
        True,
        True,
        True,
        False,
    ]


def test_no_rate_is_no_limit():
    """0 a second means any number."""
    buckets = Buckets(Rate(0, 1), Seconds())
    assert all(buckets.take("a") for _ in range(1_000))


def test_the_memory_is_bounded(monkeypatch):
    """Of too many keys the one unseen for longest is forgotten, not the one that was just here."""
    monkeypatch.setattr(limits, "BUCKETS_MAX", 2)
    buckets = Buckets(Rate(1, 1), Seconds())
    for key in ("old", "a", "b"):
        assert buckets.take(key)
    assert not buckets.take("b")
    assert not buckets.take("a")
    assert buckets.take("old")


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_burst_plus_rate(waits):
    """Whatever the rhythm, the count over any time stays below burst + rate x time."""
    clock = Seconds()
    buckets = Buckets(Rate(2, 5), clock)
    taken = 0
    for wait_s in waits:
        clock.now_s += wait_s
        taken += sum(buckets.take("a") for _ in range(4))
    assert taken <= 5 + 2 * sum(waits) + 1e-6


def test_resolving_has_the_larger_share():
    """Whatever paying may do, inquiries and cancels may do four times that."""
    for chosen in (Limits(), Limits.of_paying(7)):
        assert chosen.resolving.per_s == 4 * chosen.paying.per_s
        assert chosen.resolving.burst == 4 * chosen.paying.burst
    assert Limits.of_paying(0).resolving.per_s == 0
