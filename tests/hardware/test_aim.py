"""The word that tells a hand what to do, and the small picture beside it.

The frames are the simulated phone's, held wrongly on purpose: the words are judged where nothing
is read, as the till shows them.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from hardware.aim import Aim, Aimer, Hint, measure
from hardware.decoder import Decoder
from hardware.devices import Frame, Luma, Symbol, Symbology
from hardware.glance import GLANCES_PER_S_MAX, HEIGHT_PX, WIDTH_PX, Glance, Watcher, reduced
from hardware.phone import draw_phone, expose, held

cv2 = pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")

CODE = "251001020123456789012345"
SEEDS = range(6)
Change = Callable[[Luma], Luma]


def frame(seed: int, scale: float = 0.0, kind: Symbology = Symbology.QR) -> Luma:
    """A phone in a hand; `scale` 0 as near as customers hold it."""
    rng = random.Random(seed)
    pose = held(kind, rng)
    if scale:
        pose = replace(pose, scale=scale)
    return expose(draw_phone(CODE, kind).convert("L"), pose, rng)


def defocused(radius_px: float) -> Change:
    """Out of focus."""

    def change(luma: Luma) -> Luma:
        return np.asarray(Image.fromarray(luma).filter(ImageFilter.GaussianBlur(radius_px)))

    return change


def dimmed(luma: Luma) -> Luma:
    """A screen turned down in a dark shop."""
    return (luma * 0.15).astype(np.uint8)


def dazzled(luma: Luma) -> Luma:
    """A lamp mirrored in the middle of the glass."""
    down, across = np.mgrid[: luma.shape[0], : luma.shape[1]]
    lamp = 420 * np.exp(-(((across - 640) / 260) ** 2) - ((down - 360) / 200) ** 2)
    return np.clip(luma + lamp, 0, 255).astype(np.uint8)


def hints(frames: list[Luma]) -> Counter[Hint | None]:
    """The word of each frame by itself."""
    return Counter(measure(luma, (), cv2).hint for luma in frames)


@pytest.mark.parametrize(
    ("hint", "frames"),
    [
        (Hint.TOO_FAR, [frame(seed, 0.1) for seed in SEEDS]),
        (Hint.TOO_NEAR, [frame(seed, 2.2) for seed in SEEDS]),
        (Hint.BLURRED, [defocused(12)(frame(seed)) for seed in SEEDS]),
        (Hint.BLURRED, [defocused(6)(frame(seed, kind=Symbology.CODE_128)) for seed in SEEDS]),
        (Hint.TOO_DARK, [dimmed(frame(seed)) for seed in SEEDS]),
        (Hint.GLARE, [dazzled(frame(seed)) for seed in SEEDS]),
    ],
    ids=["far", "near", "blurred", "blurred bars", "dark", "glare"],
)
def test_each_way_to_hold_it_wrongly_has_its_word(hint: Hint, frames: list[Luma]) -> None:
    """Most hands that hold it so are told so, and no other word is told to more than one."""
    told = hints(frames)
    assert told[hint] >= len(frames) - 1
    assert sum(told.values()) == len(frames)


@pytest.mark.parametrize("kind", [Symbology.QR, Symbology.CODE_128])
def test_a_code_held_well_is_told_nothing(kind: Symbology) -> None:
    """A frame that can be read, with nothing read in it yet, calls for no word."""
    assert hints([frame(seed, kind=kind) for seed in SEEDS]) == {None: len(SEEDS)}


def test_an_empty_desk_is_told_nothing() -> None:
    """Nobody there, nothing to say; in the dark the darkness is said."""
    desk = expose(None, None, random.Random(1))
    assert measure(desk, (), cv2).hint is None
    assert measure(desk // 8, (), cv2).hint is Hint.TOO_DARK


def test_sharpness_falls_with_defocus_and_modules_grow_with_nearness() -> None:
    """What the doctor shows as focus follows the lens, and the module follows the distance."""
    sharp = [measure(defocused(radius)(frame(1)), (), cv2).sharpness for radius in (0, 2, 4, 8)]
    assert sharp == sorted(sharp, reverse=True)
    assert sharp[0] > 2 * sharp[-1]
    modules = [measure(frame(1, scale), (), cv2).module_px for scale in (0.4, 0.7, 1.2)]
    assert modules == sorted(modules)
    # 500 px of the drawing over the code's modules with their margin
    drawn_px = 500 // (25 + 8)
    assert modules[1] == pytest.approx(0.7 * drawn_px, rel=0.35)


def test_a_read_code_is_outlined_where_it_is() -> None:
    """The outline of a code that was read is the decoder's."""
    luma = frame(2)
    symbols = Decoder().read(luma)
    aim = measure(luma, symbols, cv2)
    assert aim.read
    assert aim.hint is None
    assert aim.outline == symbols[0].corners
    assert aim.sharpness > 0.15


def test_a_word_does_not_flicker() -> None:
    """One odd frame among others says nothing; a read ends what was said."""
    aimer, far, well = Aimer(), frame(1, 0.1), frame(1)
    assert aimer.look(far, ()).hint is None
    for _ in range(4):
        last = aimer.look(far, ())
    assert last.hint is Hint.TOO_FAR
    assert aimer.look(well, ()).hint is Hint.TOO_FAR
    assert aimer.look(well, [Symbol(CODE, Symbology.QR, ((1, 1), (9, 1), (9, 9), (1, 9)))]).read
    assert aimer.look(far, ()).hint is None


def test_what_always_lies_there_is_no_code_held_wrongly() -> None:
    """A poster in the view is told off for some seconds at most, and never again."""
    aimer, poster = Aimer(), frame(4, 0.1)
    told = [aimer.look(poster, ()).hint for _ in range(120)]
    assert Hint.TOO_FAR in told[:20]
    assert set(told[100:]) == {None}
    near = frame(5, 2.2)
    assert [aimer.look(near, ()).hint for _ in range(5)][-1] is Hint.TOO_NEAR
    assert {aimer.look(poster, ()).hint for _ in range(6)} <= {None, Hint.TOO_NEAR}


def test_without_opencv_there_are_no_words() -> None:
    """Where OpenCV is missing the aim knows the codes that were read, and no more."""
    assert measure(frame(1, 0.1), (), None).hint is None
    symbol = Symbol(CODE, Symbology.QR, ((1, 1), (9, 1), (9, 9), (1, 9)))
    assert measure(frame(1), [symbol], None).outline == symbol.corners


def watched(*, pictures: bool) -> tuple[list[Glance], Watcher, list[float]]:
    """A watcher on a clock that the test moves."""
    glances: list[Glance] = []
    clock = [100.0]
    return glances, Watcher(glances.append, pictures=pictures, clock=lambda: clock[0]), clock


def test_glances_come_ten_times_a_second_at_most_and_a_read_at_once() -> None:
    """However fast the camera is; a code that was read waits for nothing."""
    glances, watcher, clock = watched(pictures=True)
    desk = Frame(expose(None, None, random.Random(1)), 100.0, 1)
    for _ in range(60):
        watcher(desk, ())
        clock[0] += 1 / 60
    assert 0 < len(glances) <= GLANCES_PER_S_MAX
    before = len(glances)
    symbol = Symbol(CODE, Symbology.QR, ((400, 200), (800, 200), (800, 600), (400, 600)))
    watcher(desk, [symbol])
    watcher(desk, [symbol])
    assert len(glances) == before + 2
    assert glances[-1].aim.read


def test_the_picture_is_small_and_holds_no_code() -> None:
    """What goes to a screen is 64 x 36 grey levels, the code that was read painted over."""
    glances, watcher, _ = watched(pictures=True)
    for seed in SEEDS:
        luma = frame(seed, 1.0)
        symbols = Decoder().read(luma)
        assert symbols
        watcher(Frame(luma, 100.0, seed), symbols)
        glance = glances[-1]
        assert (glance.width, glance.height) == (WIDTH_PX, HEIGHT_PX)
        picture = np.frombuffer(glance.levels, np.uint8).reshape(HEIGHT_PX, WIDTH_PX)
        assert Decoder().read_thoroughly(np.kron(picture, np.ones((12, 12), np.uint8))) == []
        xs, ys = [x for x, _ in glance.outline], [y for _, y in glance.outline]
        assert len(set(picture[min(ys) : max(ys), min(xs) : max(xs)].ravel().tolist())) == 1


def test_without_pictures_only_the_word_is_told() -> None:
    """A kiosk gets the word and no picture."""
    glances, watcher, _ = watched(pictures=False)
    watcher(Frame(frame(1), 100.0, 1), ())
    assert glances == [Glance(Aim(**{k: getattr(glances[0].aim, k) for k in Aim.__slots__}))]
    assert glances[0].levels == b""


@pytest.mark.parametrize("shape", [(720, 1280), (480, 640), (1080, 1920), (97, 131), (20, 30)])
def test_a_frame_of_any_size_becomes_the_same_small_picture(shape: tuple[int, int]) -> None:
    """Bright at the right stays bright at the right, whatever the camera's format."""
    ramp = np.broadcast_to(np.linspace(0, 255, shape[1]).astype(np.uint8), shape)
    levels = reduced(ramp)
    assert len(levels) == WIDTH_PX * HEIGHT_PX
    row = list(levels[:WIDTH_PX])
    assert row == sorted(row)
    assert row[-1] - row[0] > 200
