"""`pos switch` with and without the phone, and `pos scheme sticker`, from the shell."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hardware.decoder import Decoder
from pos.commands.scheme import scheme
from pos.commands.switch import serves_phone, switch
from pos.errors import PosError, SettingsError, WrongUse
from pos.scheme.clients import Clients
from pos.scheme.store import Store
from pos.switch.signature import public_key_line
from tests.scheme.phone.conftest import TILL_KEY


@pytest.fixture
def state(tmp_path) -> Path:
    """A state folder whose switch knows one till."""
    (tmp_path / "switch").mkdir()
    with Store.open(f"sqlite:///{tmp_path}/switch/switch.db") as store:
        Clients(store).add("till-1", public_key_line(TILL_KEY))
    return tmp_path


@contextmanager
def running(state: Path, *options: str) -> Iterator[str]:
    """A real switch process; the URL that it answers at."""
    command = [sys.executable, "-m", "pos", "switch", "--port", "0", "--until-eof"]
    with subprocess.Popen(
        [*command, "--state", str(state), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        yield child.stdout.readline().removeprefix("switch ready on ").strip()
        child.stdin.close()
        assert child.wait(10) == 0


def status(url: str, path: str) -> int:
    """What a page answers."""
    return httpx.get(url + path, trust_env=False).status_code


def sticker(state: Path, *options: str) -> str:
    """What `pos scheme sticker T01 --client till-1 --name Cafe` prints. Sentences are raised."""
    arguments = ["sticker", "T01", "--client", "till-1", "--name", "Cafe", "--state", str(state)]
    result = CliRunner().invoke(scheme, [*arguments, *options])
    if isinstance(result.exception, PosError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_switch_on_this_machine_serves_the_phone_and_its_stickers(state):
    """By default; a sticker printed meanwhile begins with the switch's own address."""
    with running(state) as url:
        assert status(url, "/phone") == 200
        printed = sticker(state)
        assert printed.startswith(f"{url}/s/")
        assert status(url, printed.removeprefix(url)) == 200
        assert sticker(state, "--public-url", "https://pay.example").startswith("https://pay.ex")


def test_a_switch_on_the_network_serves_no_phone(state):
    """Beyond loopback only health answers without a signature; codes begin where it is told."""
    printed = sticker(state, "--public-url", "http://127.0.0.1")
    everywhere = "0.0.0.0"  # noqa: S104
    with running(state, "--host", everywhere, "--public-url", "http://till.example:1/") as url:
        local = f"http://127.0.0.1:{url.rpartition(':')[2]}"
        for path in ("/phone", printed.removeprefix("http://127.0.0.1"), "/phone/static/phone.js"):
            assert status(local, path) == 404
        assert status(local, "/health") == 200
        assert sticker(state).startswith("http://till.example:1/s/")


@pytest.mark.parametrize(
    ("host", "asked", "served"),
    [
        ("127.0.0.1", None, True),
        ("127.8.8.8", None, True),
        ("::1", None, True),
        ("localhost", None, True),
        ("192.168.1.10", None, False),
        ("::", None, False),
        ("till.example", None, False),
        ("192.168.1.10", True, True),
        ("127.0.0.1", False, False),
    ],
)
def test_the_phone_is_off_beyond_this_machine_unless_asked_for(host, asked, served):
    """And off wherever --no-phone is given."""
    assert serves_phone(host, asked) is served


def test_a_wrong_public_url_is_told_in_a_sentence(state):
    """Before anything listens or is written."""
    result = CliRunner().invoke(
        switch, ["--state", str(state), "--port", "0", "--public-url", "till.example"]
    )
    assert isinstance(result.exception, SettingsError)
    assert "--public-url" in str(result.exception)
    assert not (state / "switch" / "public-url").exists()


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_sticker_is_drawn(state, tmp_path, suffix):
    """A picture of the printed address, which the till's own decoder reads where it is a PNG."""
    file = tmp_path / f"sticker{suffix}"
    url = sticker(state, "--image", str(file))
    if suffix == ".svg":
        assert "<svg" in file.read_text()
        return
    with Image.open(file) as picture:
        luma = np.asarray(picture.convert("L"), dtype=np.uint8)
    assert [symbol.text for symbol in Decoder().read_thoroughly(luma)] == [url]


def test_a_picture_that_cannot_be_drawn_is_told_in_a_sentence(state, tmp_path):
    """Another ending, or a folder that is not there."""
    with pytest.raises(WrongUse, match=r"\.png or \.svg"):
        sticker(state, "--image", str(tmp_path / "sticker.gif"))
    with pytest.raises(WrongUse, match="cannot be written"):
        sticker(state, "--image", str(tmp_path / "none" / "sticker.png"))
