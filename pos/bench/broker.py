"""The broker of a shop as the documentation sets it up: the shipped files, in a folder of its own.

Apart because it starts a program of Debian's, with an authority and passwords made for the moment.
The tests of the fleet use the same one.
"""

import datetime
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pos.errors import SettingsError
from pos.fleet.line import Broker

SHIPPED = Path(__file__).resolve().parents[2] / "systemd"
START_S = 10.0
STOP_S = 30.0
OFFICE = "fleet"


def mosquitto() -> str | None:
    """Where Mosquitto is, None where it is not installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class ShopBroker:
    """Mosquitto with the shipped configuration and these users, each with a password of its own.

    `start` and `stop` as often as wanted; what it retains outlives a stop that it is asked for.
    """

    def __init__(self, folder: Path, names: Iterable[str] = (), *, more: str = "") -> None:
        """`more` are lines of configuration beside the shipped ones. Raises SettingsError."""
        program = mosquitto()
        if program is None or not (SHIPPED / "mosquitto-samkassa.conf").exists():
            raise SettingsError(
                "Mosquitto is not here: apt-get install mosquitto, and start in the source folder."
            )
        self._program = program
        self._child: subprocess.Popen[bytes] | None = None
        self.folder = folder
        self.port = _free_port()
        self.url = f"mqtts://localhost:{self.port}"
        self.ca_file = folder / "ca.crt"
        folder.mkdir(parents=True, exist_ok=True)
        _certify(folder)
        self._admit((OFFICE, *names))
        text = (SHIPPED / "mosquitto-samkassa.conf").read_text(encoding="utf-8")
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        for place in ("/etc/mosquitto/certs", "/etc/mosquitto"):
            text = text.replace(place, str(folder))
        shutil.copy(SHIPPED / "mosquitto-samkassa.acl", folder / "samkassa.acl")
        # What Debian's own file sets beside it.
        text += f"\npersistence true\npersistence_location {folder}/\n{more}\n"
        if os.getuid() == 0:
            text += "user root\n"
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(text, encoding="utf-8")

    def _admit(self, names: tuple[str, ...]) -> None:
        passwords = self.folder / "samkassa.passwords"
        lines = []
        for name in names:
            secret = f"secret-of-{name}"
            (self.folder / f"{name}.secret").write_text(secret, encoding="utf-8")
            lines.append(f"{name}:{secret}\n")
        passwords.touch(mode=0o600)
        passwords.write_text("".join(lines), encoding="utf-8")
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, timeout=120)  # noqa: S603, S607

    def address(self, name: str = OFFICE) -> Broker:
        """As this user."""
        return Broker(self.url, name, str(self.folder / f"{name}.secret"), str(self.ca_file))

    def section(self, name: str, more: str = "") -> str:
        """[fleet] of this till's terminal.toml."""
        return (
            f'\n[fleet]\nbroker = "{self.url}"\nca_file = "{self.ca_file}"\nname = "{name}"\n'
            f'password_file = "{self.folder}/{name}.secret"\n{more}\n'
        )

    def options(self) -> list[str]:
        """What `pos fleet` is called with."""
        secret = str(self.folder / f"{OFFICE}.secret")
        return ["--broker", self.url, "--ca", str(self.ca_file), "--password-file", secret]

    def start(self) -> None:
        """Start it, and wait until it listens. Raises SettingsError with what it said."""
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - Debian's own
                [self._program, "-c", str(self._conf)], stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        ends_s = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                if self._child.poll() is not None or time.monotonic() > ends_s:
                    said = (self.folder / "mosquitto.log").read_text(encoding="utf-8")
                    raise SettingsError(f"Mosquitto does not listen: {said[-500:]}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it as it is asked to, or as a power cut does; may be called twice."""
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(signal.SIGCONT)
            child.send_signal(number)
            child.wait(STOP_S)

    def send(self, number: int) -> None:
        """A signal to the running broker, such as to stand still."""
        if self._child is not None:
            self._child.send_signal(number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _certify(folder: Path) -> None:
    """An authority of the shop's own, and the broker's certificate and key."""
    authority = ec.generate_private_key(ec.SECP256R1())
    mine = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Shop authority")
    root = _builder(ca_name, ca_name, authority.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    leaf = _builder(_name("Broker"), ca_name, mine.public_key()).add_extension(
        hosts, critical=False
    )
    for file, each in (("ca.crt", root), ("samkassa.crt", leaf)):
        made = each.sign(authority, hashes.SHA256())
        (folder / file).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "samkassa.key").write_bytes(mine.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ))  # fmt: skip


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + 30 * day)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
