"""Cameras on OpenCV: a video that the test makes, a stream over HTTP, and drivers that block."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from hardware.camera import VideoCamera
from hardware.decoder import Decoder
from hardware.devices import AUTOMATIC, Controls, DeviceError, Luma, Symbol, Symbology
from hardware.phone import photograph
from hardware.scanner import Scanner

cv2 = pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")

CODE = "251001020123456789012345"
OTHER = "288483094882517044"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video: an empty desk, a phone with a QR code, the desk, a phone with bars."""
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60, (1280, 720))
    desk = np.full((720, 1280), 50, np.uint8)
    frames = [desk] * 5
    frames += [photograph(CODE, Symbology.QR, 4, number) for number in range(6)]
    frames += [desk] * 3
    frames += [photograph(OTHER, Symbology.CODE_128, 5, number) for number in range(6)]
    for frame in frames:
        video.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    video.release()
    return path


@contextmanager
def opened(camera: VideoCamera) -> Iterator[VideoCamera]:
    """The camera, open for the block."""
    camera.open()
    try:
        yield camera
    finally:
        camera.close()


def test_a_video_gives_every_frame_and_then_its_end(clip: Path) -> None:
    """A file loses no frame to a slow reader, and its end is a sentence."""
    decoder = Decoder()
    with opened(VideoCamera(clip)) as camera:
        frames = [camera.frame(10.0) for _ in range(3)]
        decoder.read_thoroughly(frames[-1].luma)  # takes as long as many frames of the video
        frames += [camera.frame(10.0) for _ in range(17)]
        with pytest.raises(DeviceError, match="has ended"):
            camera.frame(10.0)
    assert [frame.number for frame in frames] == list(range(20))
    assert all(frame.luma.shape == (720, 1280) for frame in frames)
    assert all(frame.luma.dtype == np.uint8 for frame in frames)
    times = [frame.taken_at_s for frame in frames]
    assert times == sorted(times)


def test_the_codes_of_a_video_are_scanned(clip: Path) -> None:
    """From a video file to codes: the camera, the scan loop and the decoder together."""
    found: list[Symbol] = []
    troubles: list[str | None] = []

    def trouble(sentence: str | None) -> None:
        troubles.append(sentence)
        scanner.stop()

    scanner = Scanner(VideoCamera(str(clip)), Decoder(), found.append, trouble)
    scanner.arm()
    scanner.run()
    assert [(symbol.text, symbol.symbology) for symbol in found] == [
        (CODE, Symbology.QR),
        (OTHER, Symbology.CODE_128),
    ]
    assert troubles == [f"The video {clip} has ended."]


def test_a_video_can_be_opened_again(clip: Path) -> None:
    """Opening again begins at the first frame."""
    camera = VideoCamera(clip)
    for _ in range(2):
        with opened(camera):
            assert camera.frame(10.0).number == 0


def test_no_thread_is_left_after_closing(clip: Path) -> None:
    """The reading thread ends with the camera, also in the middle of a file."""
    before = set(threading.enumerate())
    with opened(VideoCamera(clip)) as camera:
        camera.frame(10.0)
        assert set(threading.enumerate()) != before
    camera.close()
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("source", [97, "/dev/video97", "missing.mp4"])
def test_a_camera_that_is_not_there_is_named(source: int | str) -> None:
    """A missing device or file is said at once, with what to do."""
    with pytest.raises(DeviceError, match=r"There is no camera or video .*: plug it in"):
        VideoCamera(source).open()


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    """A text file gives a sentence that names the kinds to use."""
    file = tmp_path / "notes.mp4"
    file.write_text("not a video")
    with pytest.raises(DeviceError, match="MP4, AVI or MJPEG"):
        VideoCamera(file).open()


def test_a_closed_camera_gives_no_frames(clip: Path) -> None:
    """Asking before opening is a fault with a name."""
    with pytest.raises(DeviceError, match="not open"):
        VideoCamera(clip).frame(1.0)


def test_a_driver_that_blocks_in_opening_breaks_no_deadline(tmp_path: Path) -> None:
    """A device that never answers fails by the deadline, and holds one thread, never two."""
    device = tmp_path / "stuck.avi"
    os.mkfifo(device)  # opening it blocks in the kernel until somebody writes
    before = set(threading.enumerate())
    camera = VideoCamera(device, open_deadline_s=0.1)
    with pytest.raises(DeviceError, match="does not open"):
        camera.open()
    (stuck,) = set(threading.enumerate()) - before
    with pytest.raises(DeviceError, match="does not answer: unplug"):
        camera.open()
    assert set(threading.enumerate()) - before == {stuck}
    for _ in range(1000):  # OpenCV tries one reader after another, each opens the device
        if not stuck.is_alive():
            break
        try:
            os.close(os.open(device, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # none of them has it open at this moment
            stuck.join(0.05)
    camera.close()


class MotionJpeg(BaseHTTPRequestHandler):
    """An IP camera: one JPEG after the other in a multipart answer, then silence or the end."""

    pictures: tuple[bytes, ...] = ()
    hold = threading.Event()

    def do_GET(self) -> None:
        """Send the pictures, then wait until the test lets go or the other side has had enough."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        for picture in self.pictures:
            head = (
                f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            )
            with suppress(ConnectionError):
                self.wfile.write(head.encode() + picture + b"\r\n")
        self.hold.wait(60)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def stream() -> Iterator[str]:
    """The address of an IP camera that shows a phone and then stalls."""
    frames = [photograph(CODE, Symbology.QR, 6, number) for number in range(4)]
    MotionJpeg.pictures = tuple(cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames * 8)
    MotionJpeg.hold.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), MotionJpeg)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://till:secret@127.0.0.1:{server.server_port}/video.mjpg"
    MotionJpeg.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_stream_is_read_and_its_stall_is_noticed(stream: str) -> None:
    """An IP camera's picture is decoded; when it stalls, the deadline holds and no secret shows."""
    decoder = Decoder()
    texts: set[str] = set()

    def watch() -> None:
        for _ in range(200):
            texts.update(symbol.text for symbol in decoder.read(camera.frame(0.5).luma))

    with opened(VideoCamera(stream)) as camera:
        with pytest.raises(DeviceError) as stall:
            watch()
        MotionJpeg.hold.set()
    assert texts == {CODE}
    assert "The stream from 127.0.0.1 has sent no picture for 0.5 s" in str(stall.value)
    assert "secret" not in str(stall.value)


@pytest.mark.parametrize(
    ("picture", "level"),
    [
        (np.full((48, 64), 9, np.uint8), 9),
        (np.full((48, 64, 1), 9, np.uint8), 9),
        (np.full((48, 64, 2), (9, 128), np.uint8), 9),
        (np.full((48, 64, 3), 9, np.uint8), 9),
        (np.full((48, 64, 4), (9, 9, 9, 255), np.uint8), 9),
        (np.full((48, 64), 9, np.uint16), None),
        (np.full((48, 64, 5), 9, np.uint8), None),
        (np.full((0, 64), 9, np.uint8), None),
        (None, None),
    ],
)
def test_whatever_a_driver_hands_out_is_luma_or_nothing(
    picture: Luma | None, level: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grey, YUYV, BGR and BGRA give their luma; a driver that sends nothing usable is told."""

    class Odd:
        """A capture that opens, and hands out this picture."""

        def __init__(self, *given: object) -> None:
            """Takes what cv2.VideoCapture takes."""

        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            """As OpenCV."""
            return True

        def set(self, name: int, value: float) -> bool:
            """As OpenCV."""
            return False

        def read(self) -> tuple[bool, object]:
            """The picture."""
            return True, picture

        def release(self) -> None:
            """As OpenCV."""

    monkeypatch.setattr(cv2, "VideoCapture", Odd)
    with opened(VideoCamera("http://camera.example/1")) as camera:
        if level is None:
            with pytest.raises(DeviceError, match="no pictures that can be used: set it to MJPEG"):
                camera.frame(10.0)
        else:
            luma = camera.frame(10.0).luma
            assert luma.shape == (48, 64)
            assert set(luma.ravel().tolist()) == {level}


def test_an_exposure_is_set_in_v4l2_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Manual mode 1 and steps of 100 microseconds, by the thread that reads; 3 is automatic."""
    asked: list[tuple[int, float]] = []

    class Webcam:
        """A capture that keeps what was set."""

        def __init__(self, *given: object) -> None:
            """Takes what cv2.VideoCapture takes."""

        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            """As OpenCV."""
            return True

        def set(self, name: int, value: float) -> bool:
            """Keep it."""
            asked.append((name, value))
            return True

        def read(self) -> tuple[bool, object]:
            """Grey."""
            return True, np.full((48, 64), 9, np.uint8)

        def release(self) -> None:
            """As OpenCV."""

    monkeypatch.setattr(cv2, "VideoCapture", Webcam)
    with opened(VideoCamera("http://camera.example/1", controls=Controls(None, 8300))) as camera:
        assert camera.lens_range is None
        assert camera.frame(10.0).controls == Controls(exposure_us=8300)
        camera.adjust(AUTOMATIC)
        while camera.frame(10.0).controls != AUTOMATIC:
            pass
    manual, automatic = 1, 3
    assert asked == [
        (cv2.CAP_PROP_AUTO_EXPOSURE, manual),
        (cv2.CAP_PROP_EXPOSURE, 83),
        (cv2.CAP_PROP_AUTO_EXPOSURE, automatic),
    ]


def test_a_stream_that_is_not_there_is_refused() -> None:
    """A closed port is a sentence without the user's password."""
    with pytest.raises(DeviceError, match="cannot be opened") as refused:
        VideoCamera("rtsp://till:secret@127.0.0.1:9/video").open()
    assert "secret" not in str(refused.value)
