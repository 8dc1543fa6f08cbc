"""The till's eyes end to end: a recorded phone that pays, and a camera that does everything wrong.

Real files, a real HTTP stream, the real drivers, loop and decoder; only the shop is small.
"""

import io
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hardware.bench import Devices, open_devices
from hardware.camera import VideoCamera
from hardware.devices import Luma, Signal, Symbology
from hardware.ladder import SteadyCamera
from hardware.phone import draw_phone, expose, held
from hardware.simulated import SimulatedCamera, SimulatedIndicator
from hardware.simulated_hand_scanner import SimulatedHandScanner
from pos.config import DevicesSection, Settings
from pos.demo.tour import Desk
from pos.embedded import EmbeddedSwitch
from pos.eyes import Eyes
from pos.folders import SWITCH_FOLDER_NAME
from pos.sale.glimpse import Glimpse
from pos.sale.input import CameraSays, Charge, Input, Presenting, Scanned, Stop
from pos.sale.mode import COUNTER, KIOSK, Mode
from pos.sale.payment import State
from pos.sale.view import LinkState, Notice, Stage, Verdict
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.terminal import Station, device_spec

cv2 = pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")

CODE = "251001020123456789012345"
OTHER = "288483094882517044"
WAIT_S = 60.0
PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", b"P5", b"P6")


def coming_into_view(text: str, seed: int = 5) -> Iterator[Luma]:
    """An empty desk, a phone far away, the phone brought near and held: 720p frames."""
    rng = random.Random(seed)
    pose, phone = held(Symbology.QR, rng), draw_phone(text).convert("L")
    for _ in range(8):
        yield expose(None, None, rng)
    for scale in (*[0.07] * 24, *np.linspace(0.07, pose.scale, 8), *[pose.scale] * 24):
        yield expose(phone, replace(pose, scale=float(scale)).shaken(rng), rng)


def record(path: Path, frames: Iterator[Luma]) -> None:
    """Write a video of 15 frames a second, and give it its name when it is whole."""
    draft = path.with_name(f"draft-{path.name}")
    video = cv2.VideoWriter(str(draft), cv2.VideoWriter.fourcc(*"MJPG"), 15, (1280, 720))
    for frame in frames:
        video.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    video.release()
    draft.rename(path)


@pytest.mark.parametrize("mode", [COUNTER, KIOSK], ids=lambda mode: mode.name)
def test_a_recorded_phone_pays(tmp_path: Path, mode: Mode) -> None:
    """From a video file to a paid sale, told on the way: no camera yet, too far, read, paid."""
    clip = tmp_path / "phone.avi"
    settings = Settings(devices=DevicesSection(camera=str(clip), indicator="simulated"))
    devices, desk = open_devices(device_spec(settings)), Desk()
    glimpses: list[Glimpse] = []
    with (
        EmbeddedSwitch(tmp_path) as embedded,
        Station(settings, tmp_path, mode, devices) as station,
    ):
        embedded.spawn()
        station.start(embedded.connect, desk.show, glimpse=glimpses.append)
        view = desk.wait("the switch", lambda v: v.link is LinkState.UP and v.camera is not None)
        assert view.camera is not None
        assert "There is no camera or video" in dict(view.camera.values)["sentence"]
        path = (tmp_path / SWITCH_FOLDER_NAME / "switch.db").resolve()
        with Store.open(f"sqlite:///{path}") as store:
            scheme = open_scheme(store)
            wallet = next(iter(scheme.wallets))
            code = scheme.customers.new_code(wallet, behaviour=Behaviour.PAYS)
            station.put(Charge("129.00", Presenting.CUSTOMER))
            desk.wait("the eye", lambda v: v.stage is Stage.SCANNING)
            record(clip, coming_into_view(code))
            view = desk.wait("the outcome", lambda v: v.stage is Stage.OUTCOME)
    assert view.verdict is Verdict.PAID
    assert [(row.state, str(row.amount)) for row in view.recent] == [(State.PAID, "129.00 NOK")]
    assert isinstance(devices.indicator, SimulatedIndicator)
    signals = [signal for _, signal in devices.indicator.signals]
    assert signals.count(Signal.READ) == 1
    assert signals.index(Signal.READ) < signals.index(Signal.PAID)
    assert "too_far" in {glimpse.hint for glimpse in glimpses}
    assert glimpses[-1].read
    assert len(glimpses[-1].outline) == (4 if mode is COUNTER else 0)
    assert {bool(glimpse.levels) for glimpse in glimpses} == {mode is COUNTER}


class Stream(BaseHTTPRequestHandler):
    """An IP camera that sends its `pictures` in turn, fifteen a second, while it is there."""

    pictures: tuple[bytes, ...] = ()
    stalled = threading.Event()
    ended = threading.Event()

    def do_GET(self) -> None:
        """One JPEG after another in a multipart answer."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        for number in count():
            if self.ended.wait(1 / 15):
                return
            if self.stalled.is_set():
                continue
            picture = Stream.pictures[number % len(Stream.pictures)]
            head = (
                f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            )
            try:
                self.wfile.write(head.encode() + picture + b"\r\n")
            except ConnectionError:
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def jpeg(luma: Luma) -> bytes:
    """As a webcam sends it."""
    kept = io.BytesIO()
    Image.fromarray(luma).save(kept, "JPEG", quality=92)
    return kept.getvalue()


def phone(text: str) -> bytes:
    """A phone well held."""
    rng = random.Random(5)
    return jpeg(expose(draw_phone(text).convert("L"), held(Symbology.QR, rng), rng))


@contextmanager
def streaming(port: int = 0) -> Iterator[int]:
    """The IP camera, switched on for the block; its port."""
    Stream.ended.clear()
    Stream.stalled.clear()
    server = ThreadingHTTPServer(("127.0.0.1", port), Stream)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        Stream.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(WAIT_S)


class Listener:
    """Takes what the eyes put, and waits for it."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self._changed = threading.Condition()

    def put(self, given: Input) -> bool:
        """Keep it."""
        with self._changed:
            self.inputs.append(given)
            self._changed.notify_all()
        return True

    def read(self) -> list[str]:
        """The codes so far."""
        return [each.text.reveal() for each in self.inputs if isinstance(each, Scanned)]

    def trouble(self) -> Notice | None:
        """What is complained of now."""
        said = [each.trouble for each in self.inputs if isinstance(each, CameraSays)]
        return said[-1] if said else None

    def wait_for(self, what: Callable[[], object]) -> None:
        """Until `what` holds."""
        with self._changed:
            assert self._changed.wait_for(what, WAIT_S), self.inputs

    def complains(self, words: str) -> Callable[[], bool]:
        """Whether the complaint holds these words."""
        return lambda: words in str(self.trouble())


@contextmanager
def watching(devices: Devices, listener: Listener) -> Iterator[Eyes]:
    """The eyes at work, armed."""
    eyes = Eyes(devices, listener.put)
    threads = [threading.Thread(target=work) for work in eyes.work.values()]
    for thread in threads:
        thread.start()
    eyes.arm()
    try:
        yield eyes
    finally:
        eyes.stop()
        for thread in threads:
            thread.join(WAIT_S)
        devices.close()
        assert not any(thread.is_alive() for thread in threads)


def test_a_camera_that_fails_in_every_way_is_told_and_reads_again() -> None:
    """Stalled, gone, black, of another size: each is said, the hand scanner reads on, and when
    pictures come again the complaint ends and codes are read."""
    listener, hand = Listener(), SimulatedHandScanner()
    Stream.pictures = (phone(CODE),)
    with streaming() as port:
        camera = SteadyCamera(VideoCamera(f"http://127.0.0.1:{port}/video.mjpg"))
        devices = Devices(camera, SimulatedIndicator(), None, hand_scanner=hand)
        with watching(devices, listener) as eyes:
            listener.wait_for(lambda: listener.read() == [CODE])
            Stream.stalled.set()
            listener.wait_for(listener.complains("has sent no picture"))
            assert "camera.trouble_hand" in str(listener.trouble())
            hand.scan(OTHER)
            listener.wait_for(lambda: listener.read() == [CODE, OTHER])
            Stream.stalled.clear()
            listener.wait_for(lambda: listener.trouble() is None)
            Stream.pictures = (jpeg(np.zeros((720, 1280), np.uint8)),)
            listener.wait_for(listener.complains("sees only black"))
            Stream.pictures = (jpeg(np.full((90, 160), 99, np.uint8)),)
            listener.wait_for(
                lambda: listener.trouble() is None or "small" in str(listener.trouble())
            )
            Stream.pictures = (phone(OTHER),)
            eyes.arm()
            listener.wait_for(lambda: listener.read()[2:] == [OTHER])
            listener.wait_for(lambda: listener.trouble() is None)
            Stream.ended.set()
            listener.wait_for(lambda: listener.trouble() is not None)
            Stream.ended.clear()
            eyes.arm()
            listener.wait_for(lambda: len(listener.read()) == 4)
            listener.wait_for(lambda: listener.trouble() is None)
            Stream.ended.set()
    assert listener.read() == [CODE, OTHER, OTHER, OTHER]


def noise() -> tuple[bytes, ...]:
    """What a camera sends whose cable is loose: no two pictures, and no two pixels, are alike."""
    chance = np.random.default_rng(5)
    return tuple(jpeg(chance.integers(0, 256, (720, 1280), np.uint8)) for _ in range(4))


def test_a_dazzled_camera_and_a_loose_cable_are_told_and_reading_goes_on() -> None:
    """White, then noise: each is said with its remedy, and a phone ends the complaint."""
    listener = Listener()
    Stream.pictures = (jpeg(np.full((720, 1280), 255, np.uint8)),)
    with streaming() as port:
        camera = SteadyCamera(VideoCamera(f"http://127.0.0.1:{port}/video.mjpg"))
        with watching(Devices(camera, SimulatedIndicator(), None), listener):
            listener.wait_for(listener.complains("sees only white"))
            Stream.pictures = noise()
            listener.wait_for(lambda: listener.trouble() is None)
            listener.wait_for(listener.complains("is only noise"))
            assert listener.read() == []
            Stream.pictures = (phone(CODE),)
            listener.wait_for(lambda: listener.trouble() is None)
            listener.wait_for(lambda: listener.read() == [CODE])
            Stream.ended.set()


def test_each_eye_complains_in_its_own_words() -> None:
    """Camera, hand scanner or both: the till says which, and which one reads on."""
    listener, hand, camera = Listener(), SimulatedHandScanner(), SimulatedCamera()
    with watching(Devices(camera, SimulatedIndicator(), None, hand_scanner=hand), listener):
        camera.drop_out()
        listener.wait_for(listener.complains("camera.trouble_hand"))
        hand.unplug()
        listener.wait_for(listener.complains("camera.both_trouble"))
        camera.recover()
        listener.wait_for(listener.complains("hand_scanner.trouble"))
        hand.plug_in()
        listener.wait_for(lambda: listener.trouble() is None)


def test_a_hand_scanner_alone_is_an_eye() -> None:
    """A till without a camera sells by its hand scanner, and only while it is armed."""
    listener, hand = Listener(), SimulatedHandScanner()
    indicator = SimulatedIndicator()
    with watching(Devices(None, indicator, None, hand_scanner=hand), listener) as eyes:
        hand.scan(CODE)
        listener.wait_for(lambda: listener.read() == [CODE])
        eyes.disarm()
        hand.scan(OTHER)
        while hand.waiting:
            threading.Event().wait(0.005)
        eyes.arm()
        hand.scan(CODE)
        listener.wait_for(lambda: len(listener.read()) == 2)
    assert listener.read() == [CODE, CODE]
    assert [signal for _, signal in indicator.signals if signal is Signal.READ] == [Signal.READ] * 2


def test_no_picture_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a sale by camera nothing on the disk holds a picture or the code."""
    monkeypatch.chdir(tmp_path)
    clip = tmp_path / "clips" / "phone.avi"
    clip.parent.mkdir()
    record(clip, coming_into_view(CODE))
    state = tmp_path / "state"
    state.mkdir()
    settings = Settings(devices=DevicesSection(camera=str(clip)))
    desk, seen = Desk(), threading.Event()
    with (
        EmbeddedSwitch(state) as embedded,
        Station(settings, state, COUNTER, open_devices(device_spec(settings))) as station,
    ):
        embedded.spawn()
        station.start(embedded.connect, desk.show, glimpse=lambda g: seen.set() if g.read else None)
        desk.wait("the switch", lambda v: v.link is LinkState.UP)
        station.put(Charge("5.00", Presenting.CUSTOMER))
        assert seen.wait(WAIT_S)
        desk.wait("an end", lambda v: v.stage is not Stage.SCANNING)
        station.put(Stop())
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path != clip]
    assert kept
    for path in kept:
        content = path.read_bytes()
        assert CODE.encode() not in content
        assert not content.startswith(PICTURE_STARTS)
