"""The recorded disk, the model of a card that loses its power, and the gate made of them."""

import random
from pathlib import Path

import pytest

from pos.errors import WrongUse
from pos.journal import Journal
from pos.proof.disk import Files, Op, TapedDisk, killed
from pos.proof.planting import Plant
from pos.proof.power import BUGS, JOURNAL, PowerCuts, Told, cut, judged, record
from pos.proof.powercut import Medium
from pos.sale.incident import Started

CHANCE = 7


def started(count: int) -> Started:
    """An entry."""
    return Started(f"entry {count}", 0.0)


def images(medium: Medium, torn_count: int = 200) -> list[dict[str, bytes]]:
    """Everything that may be left, as far as chance finds it."""
    return list(medium.images(random.Random(CHANCE), torn_count))


def test_a_synced_file_is_whole_and_a_name_only_with_its_folder() -> None:
    """Without the folder's sync the file may be gone; with it, it is there in every image."""
    medium = Medium({})
    medium.play(Op("make", "a"))
    medium.play(Op("write", "a", 0, b"x" * 1000))
    medium.play(Op("sync", "a"))
    assert {frozenset(each) for each in images(medium)} == {frozenset(), frozenset({"a"})}
    medium.play(Op("sync_folder"))
    assert all(each == {"a": b"x" * 1000} for each in images(medium))


def test_unsynced_writes_may_be_missing_sector_by_sector() -> None:
    """Any of two writes without the other, and the half of one; what was there before stays."""
    medium = Medium({"a": b"." * 2048})
    medium.play(Op("write", "a", 0, b"1" * 1024))
    medium.play(Op("write", "a", 1024, b"2" * 1024))
    found = {each["a"] for each in images(medium)}
    assert b"." * 2048 in found
    assert b"." * 1024 + b"2" * 1024 in found
    assert b"1" * 512 + b"." * 512 + b"2" * 1024 in found
    assert all(len(each) == 2048 for each in found)


def test_a_file_that_was_removed_may_come_back() -> None:
    """Until the folder is synced; and a file of the same name made since is another one."""
    medium = Medium({"a": b"old"})
    medium.play(Op("remove", "a"))
    assert {"a": b"old"} in images(medium)
    medium.play(Op("make", "a"))
    medium.play(Op("write", "a", 0, b"new"))
    medium.play(Op("sync", "a"))
    assert {"a": b"old"} in images(medium)
    assert {"a": b"new"} in images(medium)
    medium.play(Op("sync_folder"))
    assert images(medium)[0] == {"a": b"new"}
    assert {"a": b"old"} not in images(medium)


def test_a_cut_may_be_missing_too() -> None:
    """A truncation that was not synced."""
    medium = Medium({"a": b"12345678"})
    medium.play(Op("cut", "a", 2))
    assert {each["a"] for each in images(medium)} == {b"12", b"12345678"}


def test_a_lying_card_keeps_nothing_from_then_on() -> None:
    """Syncs are promised and not done."""
    medium = Medium({"a": b"old"})
    medium.play(Op("write", "a", 0, b"new"), lying=True)
    medium.play(Op("sync", "a"), lying=True)
    assert {"a": b"old"} in images(medium)


def test_the_journal_on_the_recorded_disk_works_as_on_any_other(folder: Path) -> None:
    """In the mode it has everywhere, a sync for every entry; and the product's disk reads it."""
    files = Files()
    with Journal(folder / JOURNAL, TapedDisk(files)) as book:
        before = len(files.tape)
        for number in range(5):
            assert book.append(started(number))
        assert [op.kind for op in files.tape[before:]].count("sync") >= 5
        assert {op.name for op in files.tape[before:]} <= {f"{JOURNAL}-wal", ""}
        told = Told(book.seq, book.head)
    assert judged({JOURNAL: bytes(files.contents[JOURNAL])}, told, folder / "x", append=True) == ""


def test_a_killed_process_changes_nothing_more(folder: Path) -> None:
    """The log is not folded, as closing would; the next one finds all entries in it."""
    files = Files()
    book = Journal(folder / JOURNAL, TapedDisk(files))
    book.append(started(1))
    before = dict(files.contents)
    with killed(files):
        book.close()
    assert files.contents == before
    with Journal(folder / JOURNAL, TapedDisk(files)) as again:
        assert again.seq == 1


def test_what_is_missing_from_an_image_is_said(folder: Path) -> None:
    """Fewer entries than were acknowledged, another entry, and no journal at all."""
    files = Files()
    with Journal(folder / JOURNAL, TapedDisk(files)) as book:
        book.append(started(1))
    image = {JOURNAL: bytes(files.contents[JOURNAL])}
    assert judged(image, Told(2, bytes(32)), folder / "a", append=False).startswith("P11: 2 ")
    assert "another one" in judged(image, Told(1, b"x" * 32), folder / "b", append=False)
    broken = {JOURNAL: image[JOURNAL][:5000]}
    assert "does not open" in judged(broken, Told(1, book.head), folder / "c", append=False)


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6, 7])
def test_no_power_cut_takes_what_was_acknowledged(seed: int) -> None:
    """After every call of a few histories, on a fresh card and on one that was cut before."""
    cuts = cut(seed)
    assert cuts.tried > 20
    assert cuts.found == ()


def test_one_seed_is_one_history(folder: Path) -> None:
    """Call for call, so that an image can be made again; only SQLite's salts are always others."""
    first, again = ([(op.kind, op.name, op.offset, len(op.data)) for op in record(4, folder, {})]
                    for _ in range(2))  # fmt: skip
    assert first == again


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_journal_that_loses_is_found_out_and_shown_again(bug: Plant) -> None:
    """Each planted bug, and the very image once more by its token."""
    found = next(cuts.found for seed in range(20) if (cuts := cut(seed, plant=bug)).found)
    seed, at, variant = map(int, found[0].token.split(":"))
    again = cut(seed, (at, variant), plant=bug)
    assert found[0].found in [each.found for each in again.found]


def test_a_replay_without_the_bug_finds_nothing() -> None:
    """The gate's replay runs the product; a token that is none is refused."""
    assert PowerCuts().replay("4:10:1") == []
    for wrong in ("", "4", "a:b:c", "1:2:3:4"):
        with pytest.raises(WrongUse):
            PowerCuts().replay(wrong)
