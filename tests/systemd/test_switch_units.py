"""The units for three switches behind nginx say what the switch understands."""

import re
from importlib import resources
from pathlib import Path

from click.testing import CliRunner

from pos.commands.scheme import scheme
from pos.commands.switch import GRACE_IN_SERVICE_S, switch

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
UNIT = (SYSTEMD / "samkassa-switch@.service").read_text("utf-8")
RATES = (SYSTEMD / "samkassa-rates.service").read_text("utf-8")
NGINX = (SYSTEMD / "nginx-switch.conf").read_text("utf-8")


def test_the_unit_uses_only_options_of_the_command():
    """Every option in ExecStart is one that `pos switch` has."""
    known = {name for option in switch.params for name in (*option.opts, *option.secondary_opts)}
    start = UNIT.split("ExecStart=")[1].split("\nRestart")[0]
    used = set(re.findall(r"--[a-z-]+", start))
    assert {"--port", "--database"} <= used <= known


def test_the_unit_waits_longer_than_the_switch_does():
    """systemd's own limit comes after the grace for answers and that for a notification."""
    limit = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert limit is not None
    assert int(limit[1]) >= GRACE_IN_SERVICE_S + 3 + 15


def test_the_measures_are_not_passed_on():
    """nginx passes on calls, enrolment, health and the description, and nothing else."""
    (pattern,) = re.findall(r"location ~ (\S+) \{", NGINX)
    passed = re.compile(pattern)
    for path in (
        "/ams/api/v1/payments/pay",
        "/samkassa/v1/enrol",
        "/health",
        "/docs",
        "/openapi.json",
    ):
        assert passed.search(path)
    for path in ("/metrics", "/phone", "/", "/healthy", "/x/ams/"):
        assert not passed.search(path)


def test_the_rates_are_put_where_the_switches_may_read_them(tmp_path):
    """By a command that exists, as their user, into their folder; only a good file."""
    (command,) = re.findall(r"^ExecStart=/opt/samkassa/bin/pos (.+)$", RATES, re.MULTILINE)
    assert command.startswith("scheme rates /tmp/rates.xml --into /var/lib/samkassa-switch/")
    fetched = tmp_path / "rates.xml"
    fetched.write_bytes(resources.files("pos.scheme").joinpath("rates.xml").read_bytes())
    into = tmp_path / "in-use.xml"
    done = CliRunner().invoke(scheme, ["rates", str(fetched), "--into", str(into)])
    assert (done.exit_code, into.read_bytes()) == (0, fetched.read_bytes())
    for line in ("User=samkassa-switch", "StateDirectory=samkassa-switch"):
        assert line in UNIT
        assert line in RATES
