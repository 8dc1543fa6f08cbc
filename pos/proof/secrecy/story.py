"""The story: a till is enrolled, sells in every way and fails in many, by commands alone.

Apart from the search so that it can be read as what a shop does in a day, and be lengthened.
"""

import io
import json
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path

from hardware.decoder import Decoder
from hardware.pictures import open_picture
from pos import config
from pos.folders import JOURNAL_NAME, SWITCH_FOLDER_NAME
from pos.journal import read, rows
from pos.language import Language
from pos.proof.screen import POLL_S, Screen
from pos.proof.secrecy.canaries import Canary, key_canary
from pos.proof.secrecy.shop import WAIT_S_MAX, Shop, StoryFailed
from pos.proof.secrecy.wiretap import Wiretap

# EMV's own sample number stands for a card; what is drawn from it must not be kept either.
CARD_NUMBER = "5413330089020011"
CARD_CODE = "hQVDUFYwMWETTwegAAAAVVVVUFdVQTMzMwCJAgAR"
FRAMES = 750
STAFF = "Kari Nordmann"
_PARTNERS = """
[[customer]]
wallet = "vipps"
name = "Canary"
balance = 1000000
msisdn = "{phone}"
"""


def short_story(shop: Shop) -> list[Canary]:
    """One sale by a code, at a switch that is enrolled by hand; the canaries."""
    url = shop.start_switch()
    canaries = _enrolled(shop, url)
    canaries.append(_code(shop, "pays"))
    _sell(shop, canaries[-1].text, 0)
    return canaries


def long_story(shop: Shop) -> list[Canary]:
    """Everything. What went over the wire is kept in `shop.said`; the canaries."""
    phone = f"47{secrets.randbelow(10**8):08d}"
    partners = shop.phone / "partners.toml"
    partners.write_text(_PARTNERS.format(phone=phone))
    url = shop.start_switch("--partners", str(partners), "--phone")
    with Wiretap(url) as line:
        canaries = _enrolled(shop, line.url)
        # The simulated wallet knows its customers' numbers: nobody else may.
        of_wallet = frozenset({"switch.db", "switch.db-wal"})
        canaries.append(Canary("telephone number", phone, of_wallet))
        canaries.append(Canary("card number", CARD_NUMBER))
        canaries += _sold(shop, phone)
        canaries += _shown(shop)
        canaries += _at_the_counter(shop)
        canaries += _killed(shop, line)
        canaries += _staffed(shop)
        _told(shop)
    shop.keep("the requests other than to pay", line.besides_paying())
    shop.keep("the switch's answers", bytes(line.answered))
    return canaries


def _enrolled(shop: Shop, url: str) -> list[Canary]:
    """Pair the till with the switch; pairing code and keys."""
    state = ("--state", str(shop.switch))
    told = shop.pos("scheme", "invite", "--merchant", "Fjord Kafe", *state, secretly=True)
    code = next(
        word
        for word in told.replace("\n", " ").split(" ")
        if word.count("-") == 3 and len(word) == 16
    )
    shop.pos("enrol", "--switch", url, "--code", code, "--state", str(shop.till))
    settings = shop.till / "terminal.toml"
    text = settings.read_text()
    if "[devices]" not in text:
        text += '\n[devices]\ncamera = "none"\nprinter = "simulated"\nindicator = "simulated"\n'
    settings.write_text(text)
    found = [Canary("pairing code", code), Canary("pairing code", code.replace("-", ""))]
    for path in (*shop.till.glob("*.pem"), *(shop.switch / SWITCH_FOLDER_NAME).glob("*.pem")):
        found.append(key_canary("private key", path.read_bytes(), path.name))
    if len(found) < 4:
        raise StoryFailed("There are no keys where they should be.")
    return found


def _code(shop: Shop, behaves: str, image: Path | None = None) -> Canary:
    """A fresh code of a customer, drawn into `image` if given."""
    drawn = () if image is None else ("--image", str(image))
    told = shop.pos(
        "scheme", "code", "vipps", "--behaves", behaves, "--state", str(shop.switch), *drawn,
        secretly=True,
    )  # fmt: skip
    return Canary("payment code", told.split()[0])


def _sell(shop: Shop, code: str, exit_code: int | None) -> None:
    amount = ("--amount", "129.00", "--state", str(shop.till))
    shop.pos("sell", "--code", code, *amount, code=exit_code)


def _sold(shop: Shop, phone: str) -> list[Canary]:
    """Sales by text and picture that end in every way, and one that is given back."""
    codes = []
    for behaves, exit_code in (("pays", 0), ("declines", 1), ("answer-lost", 0)):
        codes.append(_code(shop, behaves))
        _sell(shop, codes[-1].text, exit_code)
    _sell(shop, codes[0].text, 1)  # held up a second time
    picture = shop.phone / "code.png"
    codes.append(_code(shop, "pays", picture))
    state = ("--state", str(shop.till))
    told = shop.pos("sell", "--amount", "45.00", "--image", str(picture), *state)
    request_id = json.loads(told.splitlines()[-1])["request_id"]
    shop.pos("refund", request_id, "--amount", "5.00", *state)
    personal = f"https://qr.vipps.no/28/2/01/031/{phone}?v=1"
    _sell(shop, personal, 0)
    for refused in (CARD_CODE, "1345678901" + "23456789", "not a code\x1b[2J"):
        _sell(shop, refused, 1)
    codes += [Canary("payment code", personal), Canary("card's code", CARD_CODE)]
    return codes


def _shown(shop: Shop) -> list[Canary]:
    """A sale by a shown code, which is no secret: it hangs on the wall of the shop."""
    child = shop.start("sell", "--amount", "12.00", "--show", "--state", str(shop.till))
    shown = ""
    assert child.stdout is not None  # noqa: S101 - it has a pipe
    for raw in child.stdout:
        shop.keep("what pos sell --show said", raw)
        shown = next((word for word in raw.decode().split() if word.startswith("http")), "")
        if shown:
            break
    if not shown:
        raise StoryFailed("The till showed no code.")
    shop.pos("scheme", "scan", shown, "--wallet", "vipps", "--state", str(shop.switch))
    for raw in child.stdout:
        shop.keep("what pos sell --show said", raw)
    child.wait(WAIT_S_MAX)
    return []


def _at_the_counter(shop: Shop) -> list[Canary]:
    """The screen, its camera looking at a phone."""
    picture, film = shop.phone / "counter.png", shop.phone / "counter.mjpeg"
    code = _code(shop, "pays", picture)
    _film(picture, film)
    settings = shop.till / "terminal.toml"
    before = settings.read_text()
    settings.write_text(before.replace('camera = "none"', f'camera = "{film}"'))
    count = _payments(shop)
    with shop.counter() as screen:
        _press(screen, "", lambda: b"Fjord" in screen.drawn)
        screen.press("129")
        _press(screen, "\r", lambda: _payments(shop) > count)
        _press(screen, "", lambda: _open(shop) == 0)
    settings.write_text(before)
    return [code]


def _staffed(shop: Shop) -> list[Canary]:
    """Somebody is taken on with a PIN and a badge, mistypes the PIN at the till, and types it."""
    right, wrong = (f"{secrets.randbelow(10**12):012d}" for _ in range(2))
    drawn = shop.phone / "badge.png"
    state = ("--state", str(shop.till))
    shop.pos("staff", "add", "1", STAFF, *state, typed=right)
    shop.pos("staff", "badge", "1", str(drawn), *state)
    (badge,) = Decoder().read(open_picture(drawn))
    words = Language(config.load(shop.till / "terminal.toml").terminal.language)
    asked = words.say("screen.pin_title").encode()
    with shop.counter() as screen:
        _press(screen, "", lambda: STAFF.encode() in screen.drawn)
        for pin, noted in ((wrong, "LogInFailed"), (right, "LoggedIn")):
            drawn_before = len(screen.drawn)
            _press(screen, "\r", lambda: asked in screen.drawn[drawn_before:])  # noqa: B023
            screen.press(pin + "\r")
            _press(screen, "", lambda: _noted(shop, noted))  # noqa: B023
    return [Canary("PIN", right), Canary("PIN", wrong), Canary("badge", badge.text)]


def _film(picture: Path, film: Path) -> None:
    """A picture held before a camera for half a minute, as a stream of JPEG."""
    from PIL import Image

    still = io.BytesIO()
    with Image.open(picture) as opened:
        opened.convert("RGB").save(still, "JPEG", quality=90)
    film.write_bytes(still.getvalue() * FRAMES)


def _killed(shop: Shop, line: Wiretap) -> list[Canary]:
    """A till killed with its code on the way, which the line must have heard; its recovery."""
    code = _code(shop, "dawdles")
    child = shop.start("sell", "--amount", "77.00", "--code", code.text, "--state", str(shop.till))
    ends_s = time.monotonic() + WAIT_S_MAX
    while code.text.encode() not in line.sent_bytes():
        if time.monotonic() > ends_s:
            raise StoryFailed("The line did not hear the code that the till sends.")
        time.sleep(POLL_S)
    child.send_signal(signal.SIGKILL)
    child.wait(WAIT_S_MAX)
    shop.pos("recover", "--state", str(shop.till), code=None)
    return [code]


def _told(shop: Shop) -> None:
    """Every command that lists something, and some that are wrong."""
    till, switch = ("--state", str(shop.till)), ("--state", str(shop.switch))
    request_id = next(iter(read(shop.till / JOURNAL_NAME).payments))
    of_journal = (("payments", "--json"), ("journal", "export"), ("journal", "list"))
    of_log = (("logs", "--lines", "10000"), ("logs", "--payment", request_id))
    for args in (*of_journal, *of_log):
        shop.pos(*args, *till)
    shop.pos("journal", "verify", *till)
    shop.pos("scheme", "book", "--json", *switch)
    shop.pos("scheme", "client", "list", *switch)
    shop.pos("sell", "--amount", "0", "--code", "1", *till, code=2)
    shop.pos("sell", "--amount", "1", *till, code=2)
    if shop.core_dumped("switch", "--port", "0", "--until-eof", "--state", str(shop.phone / "x")):
        raise StoryFailed("P12: a process of the switch dumps its memory.")


def _press(screen: Screen, keys: str, happened: Callable[[], bool]) -> None:
    if not screen.pressed(keys, happened, WAIT_S_MAX):
        raise StoryFailed(f"The counter did nothing: {bytes(screen.drawn)[-300:]!r}.")


def _payments(shop: Shop) -> int:
    return len(read(shop.till / JOURNAL_NAME).payments)


def _noted(shop: Shop, kind: str) -> bool:
    return any(row.kind == kind for row in rows(shop.till / JOURNAL_NAME))


def _open(shop: Shop) -> int:
    return len(read(shop.till / JOURNAL_NAME).open_payments())
