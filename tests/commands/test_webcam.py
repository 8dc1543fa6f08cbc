"""A webcam that is busy, unplugged and back, as `pos scan` sees it through OpenCV's V4L2 driver.

Apart from the other cameras' tests because a device cannot be made here: `v4l2_camera.c`, which is
preloaded, answers in the kernel's place.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving import shell
from PIL import Image

from hardware.devices import Symbology
from hardware.phone import draw_phone, expose, held

pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")

SOURCE = Path(__file__).resolve().parents[1] / "hardware" / "v4l2_camera.c"
DEVICES = Path("/dev/shm")  # noqa: S108 - a device is named under /dev, and this is a folder there
WAIT_S = 60.0


class Webcam:
    """The camera, plugged in or not, held by another program or not."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "video0"
        self._picture, self._busy = (folder / f"video0-{name}" for name in ("picture", "busy"))

    def plug_in(self, text: str) -> None:
        """It is there, and sees a phone that shows `text`."""
        rng = random.Random(5)
        phone = expose(draw_phone(text).convert("L"), held(Symbology.QR, rng), rng)
        draft = self._picture.with_name("draft")
        Image.fromarray(phone).save(draft, "JPEG", quality=92)
        draft.rename(self._picture)
        self.path.symlink_to(os.devnull)  # a device, as whoever looks at the name will find

    def unplug(self) -> None:
        """It is gone, and so is its name."""
        self.path.unlink()
        self._picture.unlink()

    def lend(self) -> None:
        """Another program has it."""
        self._busy.touch()

    def give_back(self) -> None:
        """It is free again."""
        self._busy.unlink()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What answers in the kernel's place, compiled."""
    compiler = shutil.which("gcc")
    if compiler is None or not DEVICES.is_dir():
        pytest.skip("there is no gcc, or no /dev/shm")
    made = tmp_path_factory.mktemp("driver") / "camera.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(made), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "videodev2.h" in done.stderr:
        pytest.skip("there are no headers of the kernel")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def webcam() -> Iterator[Webcam]:
    """A webcam whose name begins with /dev."""
    with tempfile.TemporaryDirectory(dir=DEVICES) as folder:
        yield Webcam(Path(folder))


class Watched:
    """`pos scan --camera`, and what it has told so far."""

    def __init__(self, driver: Path, webcam: Webcam, state: Path) -> None:
        (state / "terminal.toml").write_text(f'[devices]\ncamera = "{webcam.path}"\n')
        extra = {"LD_PRELOAD": str(driver), "V4L2_CAMERA": str(webcam.path)}
        self._child = shell.start("scan", "--camera", "--json", "--state", str(state), extra=extra)
        self._changed = threading.Condition()
        self.read: list[str] = []
        self.said: list[str] = []
        self._threads = [
            threading.Thread(target=self._listen, args=(pipe, told))
            for pipe, told in ((self._child.stdout, self.read), (self._child.stderr, self.said))
        ]
        for thread in self._threads:
            thread.start()

    def _listen(self, pipe: Iterator[str], told: list[str]) -> None:
        for line in pipe:
            with self._changed:
                told.append(json.loads(line)["text"] if told is self.read else line.strip())
                self._changed.notify_all()

    def until(self, what: Callable[[], object]) -> None:
        """Wait until it holds."""
        with self._changed:
            assert self._changed.wait_for(what, WAIT_S), (self.read, self.said)

    def complains(self, words: str) -> None:
        """Wait until the newest complaint holds these words."""
        self.until(lambda: self.said and words in self.said[-1])

    def end(self) -> int:
        """Ctrl+C; the exit code."""
        self._child.send_signal(signal.SIGINT)
        code = self._child.wait(WAIT_S)
        for thread in self._threads:
            thread.join(WAIT_S)
        for pipe in (self._child.stdout, self._child.stderr):
            assert pipe is not None
            pipe.close()
        return code


def test_a_busy_and_an_unplugged_webcam_are_told_and_read_again(
    driver: Path, webcam: Webcam, tmp_path: Path
) -> None:
    """Each trouble is said with its remedy, and each time the camera is back it reads."""
    webcam.plug_in("ticket 1")
    webcam.lend()
    watched = Watched(driver, webcam, tmp_path)
    try:
        watched.complains("cannot be opened: check that nothing else uses it")
        webcam.give_back()
        watched.until(lambda: watched.read == ["ticket 1"])
        webcam.unplug()
        watched.complains(f"There is no camera or video {webcam.path}: plug it in")
        webcam.plug_in("ticket 2")
        watched.until(lambda: watched.read == ["ticket 1", "ticket 2"])
        webcam.unplug()
        watched.complains("There is no camera")
        webcam.lend()
        webcam.plug_in("ticket 3")
        watched.complains("check that nothing else uses it")
        webcam.give_back()
        watched.until(lambda: watched.read[2:] == ["ticket 3"])
    finally:
        code = watched.end()
    assert code == 0
    assert "gives no picture any more: check its cable" in " ".join(watched.said)
