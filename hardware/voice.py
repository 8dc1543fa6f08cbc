"""A voice: sentences spoken through espeak-ng, by the one thread that owns it.

Apart from the till because speech is never allowed to hold up a sale: nothing here is waited for,
and a sentence that nobody can hear any more is dropped rather than said late.
"""

import logging
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from hardware.devices import DeviceError

# The voices of espeak-ng by language. Its plain Mandarin reads its own pinyin as if it were
# English from version 1.51 on; the one for pinyin speaks what is written in characters.
VOICES: Mapping[str, str] = MappingProxyType(
    {
        "en": "en-gb",
        "nb": "nb",
        "fi": "fi",
        "sv": "sv",
        "da": "da",
        "zh": "cmn-latn-pinyin",
    }
)
WORDS_A_MINUTE = 150
WAITING_MAX = 4
SENTENCE_S_MAX = 30.0
SENTENCE_LENGTH_MAX = 400
CLOSE_WAIT_S = 3.0

PROGRAM = "espeak-ng"

_log = logging.getLogger(__name__)


class EspeakVoice:
    """A Voice of espeak-ng: a process for each sentence, which a newer one may cut short.

    `device` is an ALSA device such as "plughw:1,0", empty for the system's own. Raises DeviceError
    when espeak-ng is not installed.
    """

    def __init__(self, device: str = "", *, sentence_s_max: float = SENTENCE_S_MAX) -> None:
        self._program = _program()
        self._device = device
        self._sentence_s_max = sentence_s_max
        self._waiting: deque[tuple[str, str]] = deque(maxlen=WAITING_MAX)
        self._wake = threading.Condition()
        self._child: subprocess.Popen[bytes] | None = None
        self._busy = False
        self._closed = False
        self._trouble: str | None = None
        # A daemon, because a sound card that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._own, name="voice", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str | None:
        """As `Voice.trouble`."""
        return self._trouble

    @property
    def speaking(self) -> bool:
        """As `Voice.speaking`."""
        with self._wake:
            return self._busy or bool(self._waiting)

    def say(self, text: str, language: str) -> None:
        """As `Voice.say`. With four waiting, the oldest of them is dropped."""
        with self._wake:
            if not self._closed:
                self._waiting.append((text[:SENTENCE_LENGTH_MAX], language))
                self._wake.notify()

    def hush(self) -> None:
        """As `Voice.hush`."""
        with self._wake:
            self._waiting.clear()
            self._cut_short()

    def close(self) -> None:
        """As `Voice.close`: the sentence under way is said to its end, within three seconds."""
        with self._wake:
            self._closed = True
            self._waiting.clear()
            self._wake.notify()
        self._thread.join(CLOSE_WAIT_S)
        if self._thread.is_alive():
            with self._wake:
                self._cut_short()
            self._thread.join(CLOSE_WAIT_S)

    def _cut_short(self) -> None:
        if self._child is not None:
            with suppress(OSError):
                self._child.kill()

    def _own(self) -> None:
        while True:
            with self._wake:
                self._busy = False
                self._wake.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                text, language = self._waiting.popleft()
                self._busy = True
                child = self._child = self._started(language)
            if child is None:
                continue
            try:
                self._hear(self._spoken(child, text))
            except Exception:  # a voice that fails stops no sale
                _log.exception("the voice failed")
            finally:
                with self._wake:
                    self._child = None

    def _started(self, language: str) -> "subprocess.Popen[bytes] | None":
        """The process of one sentence; started under the lock, so that `hush` never misses it."""
        command = [*_command(self._program, language), *(("-d", self._device) * bool(self._device))]
        try:
            return subprocess.Popen(  # noqa: S603 - no word of the text is on the command line
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as fault:
            self._hear(f"espeak-ng cannot be started ({fault.strerror}): install it again.")
            return None

    def _spoken(self, child: "subprocess.Popen[bytes]", text: str) -> str | None:
        """Wait until it is said; what is wrong, or None. One that was cut short is not wrong."""
        try:
            _, said = child.communicate(text.encode(), self._sentence_s_max)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return "The voice hangs: look after the sound card, or name another device."
        # It ends well without a sound card too, and only complains.
        complaint = next(
            (line for line in said.decode(errors="replace").splitlines() if _is_error(line)), ""
        )
        if child.returncode > 0 or complaint:
            reason = complaint.partition(":")[2].strip() or f"exit {child.returncode}"
            return f"The voice is not heard ({reason}): plug in a sound card, or name its device."
        return None

    def _hear(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self._trouble:
            _log.warning("%s", trouble)
        self._trouble = trouble


def rendered(text: str, language: str) -> bytes:
    """The sentence as a WAV file, without any sound card. Raises DeviceError."""
    command = [*_command(_program(), language), "--stdout"]
    try:
        done = subprocess.run(  # noqa: S603 - as above
            command, input=text.encode(), capture_output=True, timeout=SENTENCE_S_MAX, check=True
        )
    except (OSError, subprocess.SubprocessError) as fault:
        raise DeviceError("espeak-ng does not speak: install it again.") from fault
    return done.stdout


def _command(program: str, language: str) -> list[str]:
    voice = VOICES.get(language, language)
    return [program, "-v", voice, "-s", str(WORDS_A_MINUTE), "-b", "1", "--stdin"]


def _program() -> str:
    found = shutil.which(PROGRAM)
    if found is None:
        raise DeviceError("espeak-ng is not installed: apt install espeak-ng")
    return found


def _is_error(line: str) -> bool:
    return line.lower().startswith("error")
