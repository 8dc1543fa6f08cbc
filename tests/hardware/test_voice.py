"""The voice: espeak-ng without a sound card, and a program in its place that hangs or fails."""

import io
import shutil
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from hardware.bench import DeviceSpec, open_devices
from hardware.devices import DeviceError
from hardware.simulated import SimulatedVoice
from hardware.voice import VOICES, WAITING_MAX, EspeakVoice, rendered

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here"
)
SENTENCES = {
    "en": "Paid: 129 Norwegian kroner.",
    "nb": "Betalt: 129 norske kroner.",
    "fi": "Maksettu: 129 Norjan kruunua.",
    "sv": "Betalat: 129 norska kronor.",
    "da": "Betalt: 129 norske kroner.",
    "zh": "支付成功：129挪威克朗。",
}


def until(true: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for something that a thread does."""
    ending_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ending_s, "it never came"
        threading.Event().wait(0.01)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a shell script in the place of espeak-ng; gives the file that it may write to."""

    def put(script: str) -> Path:
        heard, place = tmp_path / "heard", tmp_path / "espeak-ng"
        place.write_text(f"#!/bin/sh\nheard={heard}\n{script}\n")
        place.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        heard.touch()
        return heard

    return put


@needs_espeak
@pytest.mark.parametrize("language", VOICES)
def test_every_language_is_rendered_as_sound(language: str) -> None:
    """Each of the six makes a second of sound or more, without a sound card."""
    with wave.open(io.BytesIO(rendered(SENTENCES[language], language))) as sound:
        rate, data = sound.getframerate(), sound.readframes(100 * 22_050)
    assert len(data) / 2 / rate > 1.0
    assert any(data)


@needs_espeak
def test_chinese_is_said_by_its_syllables_and_not_by_english_letters() -> None:
    """Three characters take less time than the names of the letters of their pinyin would."""

    def seconds(voice: str) -> float:
        with wave.open(io.BytesIO(rendered("请付款", voice))) as sound:
            return len(sound.readframes(100 * 22_050)) / 2 / sound.getframerate()

    assert seconds("zh") < seconds("cmn")


@needs_espeak
def test_a_sentence_goes_through_the_whole_path() -> None:
    """Sound that is played to a device that swallows it is no trouble, and speech comes to rest."""
    voice = EspeakVoice("null")
    voice.say(SENTENCES["nb"], "nb")
    until(lambda: not voice.speaking)
    assert voice.trouble is None
    voice.close()


@needs_espeak
def test_a_missing_sound_card_is_told_and_stops_nothing() -> None:
    """espeak-ng ends well all the same; its complaint becomes a sentence with the remedy."""
    voice = EspeakVoice("plughw:31")
    voice.say(SENTENCES["nb"], "nb")
    until(lambda: not voice.speaking)
    assert voice.trouble is not None
    assert "plug in a sound card" in voice.trouble
    voice.close()


def test_the_text_is_not_on_the_command_line(program: Callable[[str], Path]) -> None:
    """Whoever lists the processes of the machine reads no sentence, and `-` begins no option."""
    heard = program('echo "$@" >>$heard; cat >>$heard')
    voice = EspeakVoice()
    voice.say("--version 129 kroner", "zh")
    until(lambda: not voice.speaking)
    voice.close()
    command, text = heard.read_text().splitlines()
    assert command.startswith("-v cmn-latn-pinyin ")
    assert command.endswith("--stdin")
    assert text == "--version 129 kroner"


def test_much_that_waits_is_dropped_oldest_first(program: Callable[[str], Path]) -> None:
    """What was said long ago is not said late: the sentence under way and the newest four are."""
    heard = program("cat >>$heard; echo >>$heard; while [ ! -e $heard.go ]; do sleep 0.02; done")
    voice = EspeakVoice()
    voice.say("0", "en")
    until(lambda: "0" in heard.read_text())
    for number in range(1, 10):
        voice.say(str(number), "en")
    heard.with_suffix(".go").touch()
    until(lambda: not voice.speaking)
    voice.close()
    assert heard.read_text().split() == ["0", *(str(10 - WAITING_MAX + n) for n in range(4))]


def test_hush_cuts_the_sentence_short_and_forgets_the_rest(
    program: Callable[[str], Path],
) -> None:
    """A key that is pressed is answered at once, not after what is being said."""
    heard = program("cat >>$heard; echo >>$heard; exec sleep 60")
    voice = EspeakVoice()
    voice.say("long", "en")
    voice.say("forgotten", "en")
    until(lambda: "long" in heard.read_text())
    voice.hush()
    until(lambda: not voice.speaking)
    assert voice.trouble is None
    voice.say("next", "en")
    until(lambda: "next" in heard.read_text())
    assert "forgotten" not in heard.read_text()
    voice.hush()
    voice.close()


def test_a_voice_that_hangs_is_ended_at_the_deadline(program: Callable[[str], Path]) -> None:
    """A sound card that takes no more silences one sentence, not the till."""
    program("exec sleep 60")
    voice = EspeakVoice(sentence_s_max=0.2)
    voice.say("hello", "en")
    until(lambda: not voice.speaking)
    assert "hangs" in str(voice.trouble)
    voice.close()


def test_closing_leaves_no_process_and_no_thread(program: Callable[[str], Path]) -> None:
    """Closed twice, with something waiting: nothing is said any more, and nothing is left."""
    heard = program("echo $$ >$heard; exec sleep 60")
    before = set(threading.enumerate())
    voice = EspeakVoice()
    voice.say("hello", "en")
    until(lambda: bool(heard.read_text().strip()))
    child = Path("/proc") / heard.read_text().strip()
    voice.hush()
    voice.close()
    voice.close()
    voice.say("too late", "en")
    assert not voice.speaking
    assert set(threading.enumerate()) == before
    assert not child.exists()


def test_espeak_is_asked_for_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy is the name of the package, before anything is sold."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError, match="apt install espeak-ng"):
        open_devices(DeviceSpec("none", voice="espeak"))
    with pytest.raises(DeviceError, match="is not a voice"):
        open_devices(DeviceSpec("none", voice="parrot"))


def test_the_simulated_voice_keeps_what_it_said() -> None:
    """A test, or a shell, reads what a shopper would hear."""
    devices = open_devices(DeviceSpec("none", voice="simulated"))
    voice, heard = devices.voice, []
    assert isinstance(voice, SimulatedVoice)
    voice.say("hei", "nb")
    voice.listen(lambda language, text: heard.append((language, text)))
    voice.say("你好", "zh")
    devices.close()
    assert voice.said == (("nb", "hei"), ("zh", "你好"))
    assert heard == [("zh", "你好")]
