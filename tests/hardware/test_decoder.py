"""Reading codes: from photographs, from a simulated camera, and without the optional libraries."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hardware.decoder import REST_FRAMES, Decoder, read
from hardware.devices import DeviceError, Luma, Symbol, Symbology
from hardware.phone import draw_phone, photograph
from hardware.phone_set import shot
from hardware.pictures import open_picture
from hardware.views import Views, load_opencv

SAMPLES = Path(__file__).parents[3] / "shared" / "scan-samples"
PAYMENT_CODE = "251001020123456789012345"  # the published sample of a customer code
EMV_CODE = (
    "00020101021129300012NO.EXAMPLE.QR01101234567890520454995303578540612.345802NO"
    "5913KAFFE & KAKER6004OSLO62150511REF12345678"
    "6304ABCD"
)
SHOWN = [
    (PAYMENT_CODE, Symbology.QR),
    (EMV_CODE, Symbology.QR),
    ("https://qr.example.org/281001040123456789?x=ÆØÅ", Symbology.QR),
    (PAYMENT_CODE, Symbology.CODE_128),
    ("288483094882517044", Symbology.CODE_128),
    ("7038010009457", Symbology.EAN_13),
    ("40170725", Symbology.EAN_8),
    ("036000291452", Symbology.UPC_A),
]


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    """One decoder for the tests that change nothing in it."""
    return Decoder()


def told(symbols: list[Symbol]) -> set[tuple[str, Symbology]]:
    """What a till would hear of the symbols."""
    return {(symbol.text, symbol.symbology) for symbol in symbols}


def drawn(matrix: Iterable[Iterable[int]]) -> Luma:
    """Modules as a picture, five pixels each, with room around."""
    dark = np.array([list(row) for row in matrix], np.uint8)
    return np.pad(255 * (1 - np.kron(dark, np.ones((5, 5), np.uint8))), 40, constant_values=255)


def test_samples_are_read_better_than_by_each_library_alone() -> None:
    """More photographs are read than by zxing-cpp or pyzbar alone, and never a wrong text."""
    if not (SAMPLES / "truth.json").exists():
        pytest.skip("the folder of sample photographs is not beside the repository")
    pyzbar = pytest.importorskip("pyzbar.pyzbar", reason="libzbar is not installed")
    live_decoder = Decoder()
    reads: dict[str, Counter[str]] = {"QR": Counter(), "1-D": Counter()}
    wrong = []
    for entry in json.loads((SAMPLES / "truth.json").read_text()):
        luma = open_picture(SAMPLES / entry["file"])
        texts = set(entry["texts"])
        found = {symbol.text for symbol in read(luma)}
        live = {symbol.text for symbol in live_decoder.read(luma)}
        wrong += [entry["file"] for text in found | live if text not in texts]
        score = reads["1-D" if entry["kind"] in ("c128", "ean13") else "QR"]
        score["ours"] += bool(found & texts)
        score["zxing"] += any(code.text in texts for code in zxingcpp.read_barcodes(luma))
        score["zbar"] += any(
            code.data.decode("utf-8", "replace") in texts for code in pyzbar.decode(luma)
        )
    assert wrong == []
    for score in reads.values():
        assert score["ours"] > score["zxing"]
        assert score["ours"] > score["zbar"]


@pytest.mark.parametrize(("text", "symbology"), SHOWN)
def test_photographed_phone_is_read_by_the_time_that_each_look_had_its_turn(
    text: str, symbology: Symbology, decoder: Decoder
) -> None:
    """Nine live frames of a phone, 0.6 s, give the code, its kind and nothing else, in any hand.

    Mostly the first does; how many looks fit into one depends on the machine.
    """
    seeds = range(40) if text == PAYMENT_CODE else range(100, 106)
    for seed in seeds:
        found: list[Symbol] = []
        for number in range(9):
            found = found or decoder.read(photograph(text, symbology, seed, number))
        assert told(found) == {(text, symbology)}, f"seed {seed}"


@pytest.mark.parametrize(("text", "symbology"), SHOWN)
def test_clean_picture_of_a_phone_is_read(
    text: str, symbology: Symbology, decoder: Decoder, tmp_path: Path
) -> None:
    """The picture that a command saves can be read back from its file."""
    file = tmp_path / "phone.png"
    draw_phone(text, symbology, "Wallet").save(file)
    assert told(decoder.read_thoroughly(open_picture(file))) == {(text, symbology)}


def test_a_upc_a_is_always_told_with_twelve_digits(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An EAN-13 that begins with 0 is the UPC-A of its other digits, whoever reads it."""
    picture = np.array(draw_phone("0036000291452", Symbology.EAN_13).convert("L"))
    expected = {("036000291452", Symbology.UPC_A)}
    assert told(decoder.read(picture)) == expected
    assert told(decoder.read_thoroughly(picture)) == expected
    monkeypatch.setitem(sys.modules, "pyzbar", None)
    assert told(Decoder().read(picture)) == expected


def test_both_codes_of_a_wallet_screen_are_read(decoder: Decoder) -> None:
    """Bars and QR code with the same digits in one frame are two symbols."""
    both = Image.new("L", (1280, 1240), 60)
    both.paste(draw_phone(PAYMENT_CODE, Symbology.CODE_128).convert("L"), (0, 0))
    both.paste(draw_phone(PAYMENT_CODE, Symbology.QR).convert("L"), (640, 0))
    expected = {(PAYMENT_CODE, Symbology.CODE_128), (PAYMENT_CODE, Symbology.QR)}
    assert told(decoder.read_thoroughly(np.array(both))) == expected
    assert told(decoder.read(np.array(both))) <= expected


def test_short_code_128_needs_both_readers(decoder: Decoder) -> None:
    """Fewer than six characters may be a ghost: told when every line shows it to both readers."""
    short = np.array(draw_phone("12345", Symbology.CODE_128).convert("L"))
    expected = {("12345", Symbology.CODE_128)}
    assert told(decoder.read_thoroughly(short)) == expected
    assert told(decoder.read(short)) <= expected
    single_row = np.full_like(short, 255)
    single_row[518:522] = short[518:522]
    assert decoder.read_thoroughly(single_row) == []
    assert decoder.read_thoroughly(np.array(draw_phone("12", Symbology.CODE_128))[:, :, 0]) == []


@pytest.mark.parametrize("symbology", [Symbology.EAN_13, Symbology.CODE_128])
def test_bars_that_only_a_halved_frame_shows_are_not_told(
    symbology: Symbology, decoder: Decoder
) -> None:
    """A code that halving makes of what the camera saw is not the code before the camera."""
    phone = np.array(draw_phone("7038010009457", symbology).convert("L"))[300:740].astype(int)
    faint = 110 + phone * 40 // 255
    weave = np.kron(np.ones(faint.shape, int), [[70, -70], [-70, 70]])  # gone when averaged
    frame = (np.kron(faint, np.ones((2, 2), int)) + weave).astype(np.uint8)
    halved = frame.reshape(440, 2, 640, 2).mean(axis=(1, 3)).astype(np.uint8)
    assert told(decoder.read(halved)) == {("7038010009457", symbology)}
    for _ in range(10):
        assert decoder.read(frame) == []


@pytest.mark.parametrize("symbology", [Symbology.QR, Symbology.CODE_128])
def test_corners_lie_around_the_code(symbology: Symbology, decoder: Decoder) -> None:
    """Corners are pixels of the frame, also when a smaller view of it was read."""
    phone = np.array(draw_phone(PAYMENT_CODE, symbology).convert("L"))
    frame = np.full((1240, 1920), 90, np.uint8)
    frame[:, 1200:1840] = phone
    (symbol,) = decoder.read(frame)
    across = [x for x, _ in symbol.corners]
    down = [y for _, y in symbol.corners]
    assert 1230 < min(across) < 1350
    assert 1690 < max(across) < 1810
    assert min(down) < 520 < max(down)


def test_a_part_of_a_structured_append_is_told_as_such(decoder: Decoder) -> None:
    """A text spread over several QR codes is no text of any one of them, live or in a picture."""
    for part in segno.make_sequence("251001020123456789012345", symbol_count=2):
        picture = drawn(part.matrix)
        for symbols in (decoder.read(picture), decoder.read_thoroughly(picture)):
            assert {symbol.symbology for symbol in symbols} == {Symbology.QR_PART}
        assert read(picture) == []


def test_a_whole_code_is_not_taken_for_a_part(decoder: Decoder) -> None:
    """Every mask and mode of an ordinary QR code is read as a whole text."""
    for text in ("251001020123456789012345", "HELLO WORLD", "æøå and more"):
        for mask in range(8):
            picture = drawn(segno.make_qr(text, mask=mask, error="q").matrix)
            assert told(decoder.read(picture)) == {(text, Symbology.QR)}


def test_a_micro_qr_code_is_told_as_such(decoder: Decoder) -> None:
    """It is read, so that the till can say what is wrong with it, and given to nobody else."""
    picture = drawn(segno.make_micro("12345").matrix)
    symbols = decoder.read_thoroughly(picture)
    assert told(symbols) == {("12345", Symbology.MICRO_QR)}
    assert read(picture) == []


def test_rows_longer_than_the_picture_are_read_in_place(decoder: Decoder) -> None:
    """The luma rows of a YUV420 buffer are neither copied nor changed, whatever their stride."""
    buffer = np.full((1080, 1344), 128, np.uint8)  # luma above, chroma below, rows padded
    for symbology in (Symbology.QR, Symbology.CODE_128):
        luma = buffer[:720, :1280]
        luma[:] = photograph(PAYMENT_CODE, symbology, 5)
        luma.flags.writeable = False
        assert np.shares_memory(Views(luma, load_opencv()).full.luma, buffer)
        assert told(decoder.read(luma)) == {(PAYMENT_CODE, symbology)}
        assert told(decoder.read_thoroughly(luma)) == {(PAYMENT_CODE, symbology)}


def test_other_symbologies_are_not_told(decoder: Decoder) -> None:
    """A Data Matrix or a Code 39 is nothing to a till."""
    for kind in (zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code39):
        code = zxingcpp.create_barcode("SAMPLE 12345", kind)
        picture = np.pad(np.array(code.to_image(scale=4)), 60, constant_values=255)
        assert decoder.read(picture) == []
        assert decoder.read_thoroughly(picture) == []


@pytest.mark.parametrize("absent", [["cv2"], ["pyzbar"], ["cv2", "pyzbar"]])
def test_absent_libraries_are_named_and_the_rest_reads_on(
    absent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without OpenCV or ZBar codes are still read, and what is missing is said with a remedy."""
    for name in absent:
        monkeypatch.setitem(sys.modules, name, None)
    decoder = Decoder()
    assert len(decoder.missing) == len(absent)
    assert all("apt install" in sentence for sentence in decoder.missing)
    for symbology in (Symbology.QR, Symbology.CODE_128):
        frame = photograph(PAYMENT_CODE, symbology, 5)
        assert told(decoder.read(frame)) == {(PAYMENT_CODE, symbology)}
        assert told(decoder.read_thoroughly(frame)) == {(PAYMENT_CODE, symbology)}


def test_nothing_is_missing_where_everything_is_installed(decoder: Decoder) -> None:
    """The list of what is missing is empty on a machine that has it all."""
    pytest.importorskip("pyzbar.pyzbar", reason="libzbar is not installed")
    assert decoder.missing == ()


def test_without_zxing_cpp_there_is_no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one library that cannot be spared is named with its remedy."""
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(DeviceError, match="pip install zxing-cpp"):
        Decoder()


def test_a_code_is_read_after_a_long_empty_scene(decoder: Decoder) -> None:
    """The further looks that rest over a still desk are there again when a phone comes."""
    desk = np.full((720, 1280), 50, np.uint8)
    for _ in range(40):
        assert decoder.read(desk) == []
    assert told(decoder.read(photograph(PAYMENT_CODE, Symbology.CODE_128, 7)))


def test_a_small_budget_reads_later_and_not_less() -> None:
    """Where one further look fits into a frame, the next frame goes on with the next look."""
    hard = shot(4, 9).luma
    whole, hasty = Decoder(budget_s=60.0), Decoder(budget_s=0.0)
    expected = told(whole.read_thoroughly(hard))
    assert expected
    assert told(whole.read(hard)) == expected
    reads = [told(hasty.read(hard)) for _ in range(2 * REST_FRAMES)]
    assert reads[0] == set()
    assert expected in reads


@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 1000))
@settings(max_examples=12)
def test_noise_of_any_shape_holds_no_code(height: int, width: int, seed: int) -> None:
    """Frames of any size, also a single pixel, are read without a fault and without a code."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    decoder = Decoder()
    assert decoder.read(noise) == []
    assert decoder.read(noise[::2, ::3]) == []
    assert decoder.read_thoroughly(noise) == []
