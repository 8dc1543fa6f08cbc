"""`pos scheme invite`, `pos enrol` and `pos scheme client`, typed as a person types them."""

import stat
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner
from driving import shell
from driving.shell import one_sentence

from hardware.decoder import Decoder
from hardware.devices import Symbology
from hardware.phone import photograph
from hardware.pictures import open_picture
from pos.commands.enrol import enrol
from pos.commands.scheme import scheme
from pos.config import load
from pos.errors import OutcomeUnknown, PosError, Refused, SettingsError, WrongUse
from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.faults import Fault, Faults
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.pairing import read_qr
from pos.switch.signature import Signer, load_private_key, new_private_key

SWITCH_KEY = load_private_key(new_private_key())
SHOP = ("--merchant", "Bryggen Bakeri", "--merchant-id", "M-77", "--mcc", "5462",
        "--currency", "NOK", "--language", "nb", "--terminal-id", "T03")  # fmt: skip


class Desk:
    """A switch and its operator on one side, a device on the other."""

    def __init__(self, folder: Path, url: str, faults: Faults) -> None:
        self.operator = folder / "operator"
        self.device = folder / "device"
        self.url = url
        self.faults = faults

    def switch(self, *arguments: str) -> str:
        """`pos scheme ARGUMENTS` on the switch's side; what it printed."""
        return self._run(scheme, *arguments, "--state", str(self.operator))

    def enrol(self, *arguments: str) -> str:
        """`pos enrol ARGUMENTS` on the device; what it printed."""
        return self._run(enrol, *arguments, "--state", str(self.device))

    def code(self, *arguments: str) -> str:
        """A fresh pairing code."""
        return self.switch("invite", *arguments).splitlines()[-1]

    def settings(self):
        """What the device's settings say now."""
        return load(self.device / "terminal.toml")

    def _run(self, command, *arguments: str) -> str:
        result = CliRunner().invoke(command, arguments)
        if isinstance(result.exception, PosError):
            raise result.exception
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output


@pytest.fixture
def desk(tmp_path):
    """A running switch with the database that its operator's commands work on."""
    faults = Faults()
    database = tmp_path / "operator" / "switch" / "switch.db"
    with Store.open(f"sqlite:///{database}", durable=False) as store:
        app = create_app(open_scheme(store).book, Clients(store), Signer(SWITCH_KEY), faults=faults)
        with RunningSwitch(app) as running:
            yield Desk(tmp_path, running.url, faults)


def test_from_an_invitation_to_a_sale(tmp_path):
    """Real processes: invite, enrol, sell, change the key, sell, revoke, refused."""
    operator, device = ("--state", str(tmp_path / "op")), ("--state", str(tmp_path / "till"))
    running = shell.start("switch", "--port", "0", *operator)
    try:
        url = shell.line_with(running, "switch ready on ").removeprefix("switch ready on ")
        invited = shell.run("scheme", "invite", "--client", "bakeri-1", *SHOP, *operator)
        assert invited.code == 0, invited.err
        code = invited.out.splitlines()[-1]
        done = shell.run("enrol", "--switch", url, "--code", code.lower(), *device)
        assert (done.code, done.err) == (0, "")
        assert done.out.splitlines()[-1] == "ready: the switch answers and knows this till"
        again = shell.run("enrol", "--switch", url, "--code", code, *device)
        assert again.code == 2
        assert "--force" in one_sentence(again.err)

        def sold() -> int:
            payment = shell.run("scheme", "code", "vipps", *operator).out.strip()
            return shell.run("sell", "--amount", "12.00", "--code", payment, *device).code

        assert sold() == 0
        assert shell.run("enrol", "--rotate", *device).code == 0
        assert sold() == 0
        listed = shell.run("scheme", "client", "list", *operator).out.splitlines()
        assert [line.split("  ")[:3] for line in listed] == [
            ["bakeri-1", "key 1", "good"],
            ["bakeri-1", "key 2", "good"],
        ]
        assert "until" in listed[0]
        assert "Bryggen Bakeri" in listed[1]
        assert shell.run("scheme", "client", "revoke", "bakeri-1", *operator).code == 0
        refused = shell.run("enrol", "--rotate", *device)
        assert refused.code == 1
        assert "revoked" in one_sentence(refused.err)
        assert code not in "".join(
            file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()
        )
    finally:
        running.terminate()
        shell.finish(running)


def test_an_enrolled_device_is_the_till_of_the_invitation(desk):
    """Merchant, store and terminal are the invitation's; keys are this user's only."""
    code = desk.code("--client", "bakeri-1", *SHOP)
    assert "enrolled as bakeri-1" in desk.enrol("--switch", desk.url, "--code", code)
    settings = desk.settings()
    assert (settings.merchant.reference, settings.merchant.name) == ("M-77", "Bryggen Bakeri")
    assert (settings.store.reference, settings.store.name) == ("bakeri-1", "Bryggen Bakeri")
    assert (settings.store.address, settings.merchant.mcc) == ("", "5462")
    assert (settings.terminal.reference, settings.terminal.language) == ("T03", "nb")
    assert settings.switch.key_version == "1"
    key = Path(settings.switch.key)
    assert key.parent == desk.device
    for file in (key, desk.device / "terminal.toml"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(desk.device.glob("*next*"))
    assert not list(desk.device.glob("*.draft"))


def test_an_existing_till_is_not_changed_by_mistake(desk):
    """Without --force nothing is sent; with it the devices, comments and old keys stay."""
    desk.device.mkdir()
    file = desk.device / "terminal.toml"
    before = (
        '# Mine.\n[switch]\nurl = "https://old.example"\nclient_id = "old"\nkey = "till.pem"\n'
        'public_key = "x"\n[devices]\ncamera = "none" # none here\n[terminal]\nlanguage = "fi"\n'
    )
    file.write_text(before)
    old_key = desk.device / "till.pem"
    old_key.write_bytes(new_private_key())
    kept = old_key.read_bytes()
    code = desk.code()
    with pytest.raises(SettingsError, match="--force"):
        desk.enrol("--switch", desk.url, "--code", code)
    assert file.read_text() == before
    desk.enrol("--switch", desk.url, "--code", code, "--force")
    text = file.read_text()
    assert "# Mine." in text
    assert 'camera = "none" # none here' in text
    assert desk.settings().terminal.language == "fi"
    assert old_key.read_bytes() == kept
    assert Path(desk.settings().switch.key) != old_key


def test_the_picture_of_an_invitation_is_enough(desk, tmp_path):
    """The QR code says where the switch is and what the code is; its file is its owner's."""
    picture = tmp_path / "invitation.png"
    desk.switch("invite", "--client", "bakeri-1", "--url", desk.url, "--image", str(picture))
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    (symbol,) = Decoder().read_thoroughly(open_picture(picture))
    assert read_qr(symbol.text)[0] == desk.url
    assert "enrolled as bakeri-1" in desk.enrol("--image", str(picture))
    with pytest.raises(WrongUse, match="--url"):
        desk.switch("invite", "--image", str(picture))


def filmed(path: Path, text: str) -> None:
    """A phone with the QR code of `text`, held before a camera for two seconds."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (1280, 720))
    for number in range(20):
        luma = photograph(text, Symbology.QR, 4, number)
        writer.write(cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR))
    writer.release()


def test_the_tills_own_camera_reads_an_invitation(desk, tmp_path):
    """As at the first start of a card image: settings without a switch, a code held up, enrolled;
    other codes before it are passed over."""
    picture = tmp_path / "invite.png"
    desk.switch("invite", "--client", "bakeri-2", "--url", desk.url, "--image", str(picture))
    (symbol,) = Decoder().read_thoroughly(open_picture(picture))
    film = tmp_path / "film.avi"
    filmed(film, symbol.text)
    desk.device.mkdir(parents=True)
    (desk.device / "terminal.toml").write_text(f'[devices]\ncamera = "{film}"\n')
    assert "enrolled as bakeri-2" in desk.enrol("--camera")
    assert desk.settings().devices.camera == str(film)
    assert desk.settings().switch.client_id == "bakeri-2"


def test_a_camera_that_sees_no_invitation_changes_nothing(desk, tmp_path):
    """A payment code is no invitation; the video ends, and nothing is enrolled."""
    film = tmp_path / "film.avi"
    filmed(film, "281234567890123456")
    desk.device.mkdir(parents=True)
    before = f'[devices]\ncamera = "{film}"\n'
    (desk.device / "terminal.toml").write_text(before)
    with pytest.raises(SettingsError, match="has ended"):
        desk.enrol("--camera")
    assert (desk.device / "terminal.toml").read_text() == before


def test_an_answer_that_got_lost_is_asked_for_again(desk):
    """A change of keys whose answer was lost is finished by the same command; the till goes on
    with its old key in between."""
    desk.enrol("--switch", desk.url, "--code", desk.code("--client", "bakeri-1"))
    before = desk.settings().switch
    desk.faults.plan("rotate", Fault.HALF)
    with pytest.raises(OutcomeUnknown):
        desk.enrol("--rotate")
    assert desk.settings().switch == before
    assert "key version 2" in desk.enrol("--rotate")
    after = desk.settings().switch
    assert after.key != before.key
    assert Path(before.key).is_file()
    # As if it had died between the settings and the tidying up.
    (desk.device / "till-next.pem").write_bytes(Path(after.key).read_bytes())
    assert "key version 3" in desk.enrol("--rotate")
    listed = desk.switch("client", "list").splitlines()
    assert [line.split("  ")[1:3] for line in listed] == [
        ["key 1", "good"], ["key 2", "good"], ["key 3", "good"],
    ]  # fmt: skip
    desk.switch("client", "revoke", "bakeri-1", "--version", "3")
    with pytest.raises(Refused, match="no good key"):
        desk.enrol("--rotate")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--code", "0000-0000-0000-0"), "--switch"),
        (("--switch", "http://127.0.0.1:1"), "--code"),
        (("--switch", "ftp://x", "--code", "0000-0000-0000-0"), "https://"),
        (("--switch", "http://127.0.0.1:1", "--code", "0000-0000-0000-1"), "mistyped"),
        (("--switch", "http://shop.example", "--code", "0000-0000-0000-0"), "--insecure"),
        (("--switch", "http://127.0.0.2.example", "--code", "0000-0000-0000-0"), "--insecure"),
        (("--switch", "http://10.0.0.7:80", "--code", "0000-0000-0000-0"), "--insecure"),
        (("--switch", "https://x", "--code", "0000-0000-0000-0", "--ca-file", "none"), "--ca-file"),
        (("--rotate",), "enrol this till first"),
        (("--rotate", "--code", "0000-0000-0000-0"), "--rotate alone"),
        (("--image", "none.png"), "none.png"),
    ],
    ids=range(11),
)
def test_wrong_use_is_told_before_anything_is_made(desk, arguments, word):
    """One sentence with the remedy; no key, no settings."""
    with pytest.raises(PosError, match=word) as told:
        desk.enrol(*arguments)
    assert told.value.exit_code == 2
    assert not list(desk.device.glob("*"))


def test_a_switch_that_is_not_there_is_told(desk):
    """Nothing is written, and the code stays good for the next try."""
    code = desk.code("--client", "bakeri-1")
    with pytest.raises(Refused, match="not reached"):
        desk.enrol("--switch", "http://127.0.0.1:1", "--code", code)
    assert not (desk.device / "terminal.toml").exists()
    assert "enrolled" in desk.enrol("--switch", desk.url, "--code", code)


def test_an_invitation_that_settings_cannot_take_changes_nothing(desk):
    """A language that the till does not speak: told, no settings, and told the same again."""
    code = desk.code("--merchant", "X", "--language", "xx")
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"terminal\.language"):
            desk.enrol("--switch", desk.url, "--code", code)
        assert not (desk.device / "terminal.toml").exists()
    with pytest.raises(WrongUse, match="mcc"):
        desk.switch("invite", "--mcc", "12")
    with pytest.raises(WrongUse, match="client id"):
        desk.switch("invite", "--client", "no blanks")
