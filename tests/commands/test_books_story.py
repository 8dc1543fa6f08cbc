"""A shop's books from the shell: staff, shifts, X and Z, the audit file, the export.

Told with real processes and a real switch, as an owner and an accountant would work them.
"""

import base64
import csv
import io
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from driving import shell
from driving.shell import Ran, one_sentence
from driving.tills import SwitchProcess, Till

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "saf-t"
SCHEMA = SCHEMAS / "Norwegian_SAF-T_Cash_Register_Schema_v_1.00.xsd"
NS = "{urn:StandardAuditFile-Taxation-CashRegister:NO}"


def typing(till: Till, pin: str, *args: str) -> Ran:
    """A command with a PIN typed on its standard input."""
    done = subprocess.run(
        shell.command(*args, "--state", str(till.folder)),
        input=f"{pin}\n", capture_output=True, text=True, env=shell.environment(),
        timeout=60, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def shop(switch: SwitchProcess, tmp_path_factory: pytest.TempPathFactory) -> Till:
    """A cash register with a cashier and a supervisor, two closed shifts and a third.

    Shift 1, before there was any staff: 129.00, 80.00 declined. Shift 2, Kari: 50.00 in Alipay,
    30.00 of 129.00 given back. Shift 3, Ola: 20.00.
    """
    till = switch.new_till(tmp_path_factory.mktemp("books") / "till", "till-books")
    with (till.folder / "terminal.toml").open("a") as file:
        file.write('[merchant]\norg_number = "999 999 999"\n[terminal]\nrole = "till"\n')
    first = till.sell(switch.new_code()).last["request_id"]
    assert till.sell(switch.new_code("declines"), "80").code == 1
    assert till.pos("report", "z").code == 0
    assert typing(till, "4071", "staff", "add", "1", "Kari Nordmann").code == 0
    assert typing(till, "907214", "staff", "add", "2", "Ola Hansen", "--supervisor").code == 0
    alipay = switch.new_code(wallet="alipay")
    sold = typing(till, "4071", "sell", "--amount", "50", "--code", alipay, "--staff", "1")
    assert sold.last["state"] == "PAID"
    assert typing(till, "4071", "refund", first, "--amount", "30", "--staff", "1").code == 0
    assert typing(till, "4071", "report", "z", "--staff", "1").code == 0
    vipps = switch.new_code()
    assert (
        typing(till, "907214", "sell", "--amount", "20", "--code", vipps, "--staff", "2").code == 0
    )
    return till


def test_reports_of_closed_shifts_and_of_the_running_one(shop: Till) -> None:
    """What was sold and given back in each, by whom, and the grand totals that go on."""
    first = json.loads(shop.pos("report", "z", "--shift", "1", "--json").out)
    second = json.loads(shop.pos("report", "z", "--shift", "2", "--json").out)
    running = json.loads(shop.pos("report", "x", "--json").out)
    nets = [(each["kind"], each["shift"], each["net"]) for each in (first, second, running)]
    assert nets == [("Z", 1, 12_900), ("Z", 2, 2_000), ("X", 3, 2_000)]
    assert second["total"] == {
        "sold": {"count": 1, "value": 5_000}, "returned": {"count": 1, "value": 3_000},
    }  # fmt: skip
    assert [(name, sums["sold"]["value"]) for name, sums in second["by_wallet"]] == [
        ("AlipayCN", 5_000), ("Vipps", 0),
    ]  # fmt: skip
    assert [staff_id for staff_id, _ in second["by_staff"]] == ["1"]
    assert second["by_vat"] == [{"rate": 2500, "net": 1600, "vat": 400, "gross": 2000}]
    assert (running["grand_sold"], running["grand_returned"]) == (19_900, 3_000)
    numbers = [(each["first_number"], each["last_number"]) for each in (first, second, running)]
    assert numbers == [(1, 1), (2, 3), (4, 4)]


def test_a_z_report_is_printed_again_to_the_last_byte(shop: Till) -> None:
    """However often, and in people's words."""
    again = [shop.pos("report", "z", "--shift", "2").out for _ in range(2)]
    assert again[0] == again[1]
    for told in ("Z report 2", "Kari Nordmann", "AlipayCN (1)", "25% of 16.00", "20.00 NOK"):
        assert told in again[0].replace("\N{NO-BREAK SPACE}", " ")
    missing = shop.pos("report", "z", "--shift", "9")
    assert (missing.code, missing.out) == (2, "")
    assert "9" in one_sentence(missing.err)


def test_nobody_sells_closes_or_gives_back_without_a_pin(shop: Till) -> None:
    """A till that knows staff asks who is there; a wrong PIN is told with the tries left."""
    code = shop.switch.new_code()
    before = len(shop.journal())
    for args in (("sell", "--amount", "1", "--code", code), ("report", "z")):
        done = shop.pos(*args)
        assert done.code == 1
        assert "Log in first" in one_sentence(done.err)
    wrong = typing(shop, "4072", "report", "z", "--staff", "1")
    assert wrong.code == 1
    assert "4 tries left" in one_sentence(wrong.err)
    kinds = [entry["kind"] for entry in shop.journal()[before:]]
    assert kinds == ["Started", "Started", "Started", "LogInFailed"]


@pytest.fixture(scope="module")
def audit(shop: Till, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit file of the whole journal."""
    path = tmp_path_factory.mktemp("audit") / "saf-t.xml"
    done = shop.pos("report", "saf-t", str(path))
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{path} 4 sales and returns\n"
    return path


def parsed(path: Path) -> ElementTree.ElementTree:
    """The file as XML; this test wrote it."""
    return ElementTree.parse(path)  # noqa: S314 - our own


def transactions(path: Path) -> Iterator[dict[str, str]]:
    """The texts of each transaction's own elements."""
    for each in parsed(path).iter(f"{NS}cashtransaction"):
        yield {child.tag.removeprefix(NS): child.text or "" for child in each}


@pytest.mark.skipif(not SCHEMA.exists(), reason="the tax authority's schema is not beside us")
def test_the_audit_file_validates_against_the_authority_s_schema(audit: Path) -> None:
    """Version 1.00, not one fault; and the schema is strict enough to find one."""
    import xmlschema

    schema = xmlschema.XMLSchema(SCHEMA)
    assert [fault.reason for fault in schema.iter_errors(audit)] == []
    wrong = audit.read_text().replace("<amntTp>D</amntTp>", "<amntTp>X</amntTp>")
    assert not schema.is_valid(wrong)


@pytest.mark.skipif(not SCHEMA.exists(), reason="the tax authority's lists are not beside us")
def test_every_code_of_the_audit_file_is_in_the_authority_s_lists(audit: Path) -> None:
    """Predefined codes are ones that exist, each under its own type."""
    known: set[tuple[str, str]] = set()
    for path in SCHEMAS.glob("PredefinedBasicID-*.csv"):
        kind = path.stem[-2:]
        for line in path.read_text("latin-1").splitlines()[1:]:
            known.add((kind, line.split(";")[0]))
    used = [
        (each.findtext(f"{NS}basicType"), each.findtext(f"{NS}predefinedBasicID"))
        for each in parsed(audit).iter(f"{NS}basic")
    ]
    assert {each for each in used if each[1]} <= known
    assert ("12", "12011") in used


def holds(key: rsa.RSAPublicKey, text: str, signature: str) -> bool:
    """The check as anybody would write it: RSA, PKCS #1 v1.5, SHA-1."""
    try:
        sha1 = hashes.SHA1()  # noqa: S303 - prescribed
        key.verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), sha1)
    except InvalidSignature:
        return False
    return True


def test_the_signature_chain_holds_by_a_few_lines_of_cryptography(shop: Till, audit: Path) -> None:
    """Each signs the one before, its date, time and number, gross and net."""
    key = serialization.load_pem_public_key(shop.pos("report", "key").out.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024
    previous, told = "0", list(transactions(audit))
    for each in told:
        text = ";".join([previous, *(each[name] for name in
            ("transDate", "transTime", "nr", "transAmntIn", "transAmntEx"))])  # fmt: skip
        assert re.fullmatch(
            r"(0|\S{172});\d{4}-\d\d-\d\d;\d\d:\d\d:\d\d;\d+;-?\d+\.\d\d;-?\d+\.\d\d", text
        )
        assert holds(key, text, each["signature"])
        previous = each["signature"]
    assert [each["nr"] for each in told] == ["1", "2", "3", "4"]
    assert [each["transAmntIn"] for each in told] == ["129.00", "50.00", "-30.00", "20.00"]


def test_a_changed_byte_of_what_is_signed_is_found_and_named(
    shop: Till, audit: Path, tmp_path: Path
) -> None:
    """Any character of any signed field, or of a signature, by whoever has the public key."""
    key = tmp_path / "register.pub"
    key.write_text(shop.pos("report", "key").out)
    assert shop.pos("report", "verify", str(audit), "--key", str(key)).code == 0
    text = audit.read_text()
    (at,) = [m.start() for m in re.finditer("<cashtransaction><nr>3<", text)]
    fields = ("transAmntIn", "transAmntEx", "transDate", "transTime", "signature")
    for name in fields:
        spot = text.index(f"<{name}>", at) + len(name) + 4
        changed = tmp_path / "changed.xml"
        other = "7" if text[spot] != "7" else "8"
        changed.write_text(text[:spot] + other + text[spot + 1 :])
        done = shop.pos("report", "verify", str(changed), "--key", str(key))
        assert done.code == 1, name
        assert "number 3 does not hold" in one_sentence(done.err)


def test_the_audit_file_tells_what_happened_beside_the_sales(audit: Path) -> None:
    """Starts, log-ins, wrong PINs, and each Z report with its figures."""
    events = list(parsed(audit).iter(f"{NS}event"))
    kinds = [each.findtext(f"{NS}eventType") for each in events]
    assert {"START", "LOGIN", "ZREPORT", "OTHER"} <= set(kinds)
    numbers = [int(each.findtext(f"{NS}eventID") or 0) for each in events]
    assert all(a < b for a, b in pairwise(numbers))
    totals = [
        [each.findtext(f".//{NS}{name}") for name in
         ("reportType", "reportGrandTotalSales", "reportReturnAmnt", "totalCashSaleAmnt")]
        for each in events
        if each.findtext(f"{NS}eventType") == "ZREPORT"
    ]  # fmt: skip
    assert totals == [
        ["Z report", "129.00", "0.00", "129.00"], ["Z report", "179.00", "30.00", "20.00"],
    ]  # fmt: skip


def test_a_terminal_beside_a_cash_register_writes_no_audit_file(till: Till, tmp_path: Path) -> None:
    """Its sales are the cash register's to sign; the remedy is told, and no file is left."""
    till.sell(till.switch.new_code())
    with (till.folder / "terminal.toml").open("a") as file:
        file.write('[merchant]\norg_number = "999999999"\n')
    done = till.pos("report", "saf-t", str(tmp_path / "saf-t.xml"))
    assert done.code == 2
    assert "terminal.role" in one_sentence(done.err)
    assert list(tmp_path.glob("saf-t*")) == []


def test_the_accountant_gets_rows_or_objects_that_add_up(shop: Till, tmp_path: Path) -> None:
    """By VAT rate in a CSV file, whole in JSON lines; both are the journal's own totals."""
    rows = list(csv.DictReader(io.StringIO(shop.pos("report", "export").out)))
    assert [(row["number"], row["kind"], row["gross"], row["vat"]) for row in rows] == [
        ("1", "sale", "129.00", "25.80"), ("2", "sale", "50.00", "10.00"),
        ("3", "return", "-30.00", "-6.00"), ("4", "sale", "20.00", "4.00"),
    ]  # fmt: skip
    assert [row["staff"] for row in rows] == ["", "Kari Nordmann", "Kari Nordmann", "Ola Hansen"]
    path = tmp_path / "books.jsonl"
    assert shop.pos("report", "export", str(path), "--format", "jsonl").code == 0
    told: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    assert sum(each["gross"] for each in told) == 16_900
    assert [each["sale_number"] for each in told] == [1, 2, 1, 4]
    none = shop.pos("report", "export", "--from", "2020-01-01", "--to", "2020-12-31")
    assert none.out.splitlines()[1:] == []


def test_the_electronic_journal_is_searched_from_the_shell(shop: Till) -> None:
    """All of it, or what holds every word; newest first."""
    everything = shop.pos("journal", "find").out.splitlines()
    kinds = Counter(line.split()[2] for line in everything)
    assert kinds == {"sale": 4, "return": 1, "shift_opened": 2, "shift_closed": 2}
    kari = shop.pos("journal", "find", "kari", "50.00").out.splitlines()
    assert len(kari) == 1
    assert "#2" in kari[0]
    assert "AlipayCN" in kari[0]
    assert shop.pos("journal", "find", "nobody").out == ""


def test_the_staff_is_listed_badged_and_let_go(till: Till, tmp_path: Path) -> None:
    """A badge is a code that the till's own scanner reads; no list shows a secret."""
    assert typing(till, "4071", "staff", "add", "7", "Åse Ødegård").out == "7 Åse Ødegård cashier\n"
    twice = typing(till, "4071", "staff", "add", "7", "Twin")
    assert twice.code == 2
    assert "7" in one_sentence(twice.err)
    easy = typing(till, "1234", "staff", "pin", "7")
    assert easy.code == 2
    assert "1234" in one_sentence(easy.err)
    badge = tmp_path / "badge.png"
    assert till.pos("staff", "badge", "7", str(badge)).code == 0
    assert "badge of a member of staff" in shell.run("scan", str(badge)).out
    assert till.pos("staff", "list").out == "     7 cashier    Åse Ødegård\n"
    assert till.pos("staff", "remove", "7").code == 0
    assert till.pos("staff", "list").out == ""


def test_what_is_asked_wrongly_is_told_in_one_sentence(shop: Till, tmp_path: Path) -> None:
    """A day that is none, a file that is none, a key that is none."""
    not_xml = tmp_path / "note.xml"
    not_xml.write_text("not an audit file")
    for args in (
        ("report", "saf-t", str(tmp_path / "x.xml"), "--from", "soon"),
        ("report", "verify", str(not_xml)),
        ("report", "verify", str(not_xml), "--key", str(not_xml)),
        ("staff", "badge", "1", str(tmp_path / "badge.txt")),
        ("staff", "remove", "99"),
    ):
        done = shop.pos(*args)
        assert (done.code, done.out) == (2, ""), args
        one_sentence(done.err)
