"""USB cameras, video files and streams, all through OpenCV.

Apart from the scan loop so that a driver's blocking calls, its odd buffers and its error
messages end here: out come luma frames within a deadline, or one sentence with the remedy.
"""

import logging
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hardware.devices import AUTOMATIC, Controls, DeviceError, Frame, Luma, Stalled

WIDTH_PX, HEIGHT_PX = 1280, 720
OPEN_DEADLINE_S = 10.0
CLOSE_WAIT_S = 2.0
STREAM_TIMEOUT_MS = 5000
FILE_FRAMES_PER_S = 15.0  # where a file does not say
FILE_FRAMES_PER_S_MAX = 60.0
DAMAGED_MAX = 30  # pictures in a row that are no pictures
# V4L2's own numbers and units, which OpenCV passes on.
V4L2_AUTO_EXPOSURE, V4L2_MANUAL_EXPOSURE = 3, 1
V4L2_EXPOSURE_UNIT_US = 100

_log = logging.getLogger(__name__)


class VideoCamera:
    """A Camera on OpenCV: a USB camera (0, "/dev/video0"), a video file, or a stream's URL.

    A thread of its own reads the source and keeps the newest frame, so that a driver that blocks
    breaks no deadline. A file gives every frame, at its own pace, and ends with a DeviceError.
    `controls` are those of a calibrated mount; of a USB camera only the exposure can be set.
    """

    def __init__(
        self,
        source: int | str | Path,
        open_deadline_s: float = OPEN_DEADLINE_S,
        controls: Controls = AUTOMATIC,
    ) -> None:
        self._source = source
        self._open_deadline_s = open_deadline_s
        self._controls = controls
        self._reader: _Reader | None = None

    @property
    def lens_range(self) -> tuple[float, float] | None:
        """As `Adjustable.lens_range`: V4L2 tells no dioptres."""
        return None

    def adjust(self, controls: Controls) -> None:
        """As `Adjustable.adjust`; kept when the camera is opened again."""
        self._controls = controls
        if self._reader is not None:
            self._reader.wanted = controls

    def open(self) -> None:
        """As `Camera.open`; within its own deadline, also where the driver blocks."""
        if self._reader is not None and self._reader.stuck:
            raise DeviceError(
                f"{_name(self._source)} does not answer: unplug the camera and plug it in again."
            )
        self.close()
        self._reader = _Reader(self._source, self._controls)
        self._reader.start(self._open_deadline_s)

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`; no frame is given twice."""
        if self._reader is None:
            raise DeviceError("The camera is not open.")
        return self._reader.take(deadline_s)

    def close(self) -> None:
        """As `Camera.close`. The thread of a stuck driver ends when the driver returns."""
        if self._reader is not None:
            self._reader.stop()


class _Reader:
    """The thread that owns a capture from opening to release, and the slot for its newest frame."""

    def __init__(self, source: int | str | Path, wanted: Controls) -> None:
        self._source = source
        self.wanted = wanted  # replaced whole by another thread
        self._set = AUTOMATIC
        self._is_file = not isinstance(source, int) and Path(source).is_file()
        self._change = threading.Condition()
        self._slot: Frame | None = None
        self._fault: str | None = None
        self._opened = False
        self._stopping = threading.Event()
        # A daemon: a driver stuck in the kernel must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    @property
    def stuck(self) -> bool:
        """True when it was told to stop and its driver has not returned yet."""
        return self._stopping.is_set() and self._thread.is_alive()

    def start(self, deadline_s: float) -> None:
        self._thread.start()
        with self._change:
            self._change.wait_for(lambda: self._opened or self._fault, deadline_s)
            fault = self._fault if not self._opened else None
            opened = self._opened
        if not opened:
            self.stop()
            raise DeviceError(
                fault or f"{_name(self._source)} does not open: check its cable or address."
            )

    def take(self, deadline_s: float) -> Frame:
        with self._change:
            self._change.wait_for(lambda: self._slot or self._fault, deadline_s)
            frame, self._slot = self._slot, None
            self._change.notify_all()
            fault = self._fault
        if frame is not None:
            return frame
        if fault is not None:
            raise DeviceError(fault)
        raise Stalled(
            f"{_name(self._source)} has sent no picture for {deadline_s:g} s: check its cable."
        )

    def stop(self) -> None:
        self._stopping.set()
        with self._change:
            self._change.notify_all()
        self._thread.join(CLOSE_WAIT_S)

    def _run(self) -> None:
        capture: Any = None
        try:
            cv2 = _opencv()
            capture = _capture(cv2, self._source)
            with self._change:
                self._opened = True
                self._change.notify_all()
            self._read_on(cv2, capture)
        except DeviceError as fault:
            self._fail(str(fault))
        except Exception:  # cv2.error and whatever a driver raises: the scan loop opens it again
            _log.exception("the camera driver failed")
            self._fail(f"{_name(self._source)} failed: unplug it and plug it in again.")
        finally:
            if capture is not None:
                capture.release()

    def _read_on(self, cv2: Any, capture: Any) -> None:
        pause_s = _file_pause_s(cv2, capture) if self._is_file else 0.0
        number = damaged = 0
        while not self._stopping.is_set():
            self._adjust(cv2, capture)
            asked_at_s = time.monotonic()  # a frame counts as old rather than as too new
            there, picture = capture.read()
            if not there:
                raise DeviceError(self._end(number))
            luma = _luma(cv2, picture)
            if luma is None:
                damaged += 1
                if damaged > DAMAGED_MAX:
                    raise DeviceError(
                        f"{_name(self._source)} sends no pictures that can be used:"
                        " set it to MJPEG or YUYV, or use another camera."
                    )
                continue
            damaged = 0
            self._put(Frame(luma, asked_at_s, number, self._set))
            number += 1
            if pause_s:
                self._stopping.wait(pause_s)

    def _adjust(self, cv2: Any, capture: Any) -> None:
        """Set what was asked for since; by this thread, which alone touches the capture."""
        wanted = self.wanted
        if self._is_file or wanted.exposure_us == self._set.exposure_us:
            return
        manual = wanted.exposure_us is not None
        capture.set(
            cv2.CAP_PROP_AUTO_EXPOSURE, V4L2_MANUAL_EXPOSURE if manual else V4L2_AUTO_EXPOSURE
        )
        if wanted.exposure_us is not None:
            capture.set(cv2.CAP_PROP_EXPOSURE, wanted.exposure_us // V4L2_EXPOSURE_UNIT_US)
        self._set = Controls(exposure_us=wanted.exposure_us)

    def _put(self, frame: Frame) -> None:
        """A live frame replaces one that nobody took; a frame of a file waits for its turn."""
        with self._change:
            if self._is_file:
                self._change.wait_for(lambda: self._slot is None or self._stopping.is_set())
            self._slot = frame
            self._change.notify_all()

    def _fail(self, sentence: str) -> None:
        with self._change:
            self._fault = sentence
            self._change.notify_all()

    def _end(self, number: int) -> str:
        if self._is_file and number:
            return f"The video {_name(self._source)} has ended."
        return f"{_name(self._source)} gives no picture any more: check its cable."


def _opencv() -> Any:
    from hardware.views import load_opencv  # brings numpy

    cv2 = load_opencv()
    if cv2 is None:
        raise DeviceError(
            "OpenCV cannot be loaded: pip install opencv-python, apt install libgl1 libglib2.0-0"
        )
    return cv2


def _capture(cv2: Any, source: int | str | Path) -> Any:
    """An open cv2.VideoCapture. Raises DeviceError when there is nothing to open."""
    place = f"/dev/video{source}" if isinstance(source, int) else str(source)
    is_stream = "://" in place
    if not is_stream and "%" not in place and not Path(place).exists():
        raise DeviceError(f"There is no camera or video {place}: plug it in or correct the name.")
    if is_stream:
        timeouts = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, STREAM_TIMEOUT_MS),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, STREAM_TIMEOUT_MS),
        ]
        capture = cv2.VideoCapture(place, cv2.CAP_FFMPEG, timeouts)
    elif place.startswith("/dev/"):
        capture = cv2.VideoCapture(place, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH_PX)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT_PX)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    else:
        capture = cv2.VideoCapture(place)
    if not capture.isOpened():
        capture.release()
        if Path(place).is_file():
            raise DeviceError(f"{place} is not a video that can be read: give MP4, AVI or MJPEG.")
        raise DeviceError(f"{_name(source)} cannot be opened: check that nothing else uses it.")
    return capture


def _luma(cv2: Any, picture: Any) -> Luma | None:
    """The luma of whatever a driver hands out, uint8 (height, width); None for no picture."""
    if picture is None or picture.dtype != "uint8" or 0 in picture.shape:
        return None
    if picture.ndim == 2:
        return picture
    match picture.shape[2:]:
        case (3,):
            return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        case (4,):
            return cv2.cvtColor(picture, cv2.COLOR_BGRA2GRAY)
        case (1 | 2,):  # grey, or YUYV as it comes: luma first
            return picture[:, :, 0]
    return None


def _file_pause_s(cv2: Any, capture: Any) -> float:
    told = float(capture.get(cv2.CAP_PROP_FPS) or 0)
    rate = told if 1 <= told <= FILE_FRAMES_PER_S_MAX else FILE_FRAMES_PER_S
    return 1 / rate


def _name(source: int | str | Path) -> str:
    """What to call the source in a sentence; the user and password of a URL are left out."""
    if isinstance(source, int):
        return f"The camera /dev/video{source}"
    if "://" in str(source):
        parts = urlsplit(str(source))
        return f"The stream from {parts.hostname or 'that address'}"
    return str(source)
