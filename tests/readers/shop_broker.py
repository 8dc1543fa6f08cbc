"""The shop's broker as the documentation sets it up: the shipped files, with places of a test.

Apart from the tests because those of the commands and of the fleet itself want the same one.
"""

import datetime
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pos.fleet.line import Broker

SHIPPED = Path(__file__).resolve().parents[2] / "systemd"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
START_S = 10.0


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class ShopBroker:
    """Mosquitto with the shipped configuration; `start` and `stop` as often as wanted."""

    def __init__(self, folder: Path, names: tuple[str, ...] = (), *, settings: str = "") -> None:
        if MOSQUITTO is None:
            pytest.skip("mosquitto is not installed")
        self.folder = folder
        self.port = free_port()
        self.url = f"mqtts://localhost:{self.port}"
        self.ca_file = folder / "ca.crt"
        self._passwords = folder / "samkassa.passwords"
        self._child: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._certify()
        for name in ("fleet", *names):
            self.admit(name)
        text = (SHIPPED / "mosquitto-samkassa.conf").read_text(encoding="utf-8")
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        text = text.replace("/etc/mosquitto/certs", str(folder)).replace(
            "/etc/mosquitto", str(folder)
        )
        assert "/etc/" not in text.replace("into /etc", ""), "a place of the shop is left"
        shutil.copy(SHIPPED / "mosquitto-samkassa.acl", folder / "samkassa.acl")
        # What Debian's own file sets beside it.
        text += f"\npersistence true\npersistence_location {folder}/\n{settings}\n"
        if os.getuid() == 0:
            text += "user root\n"
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(text, encoding="utf-8")

    def admit(self, name: str) -> Path:
        """Give a user a password, and its file."""
        path = self.folder / f"{name}.secret"
        path.write_text(f"secret of {name}\n", encoding="utf-8")
        self._passwords.touch(mode=0o600)
        subprocess.run(
            ["mosquitto_passwd", "-b", str(self._passwords), name, f"secret of {name}"],
            check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        return path

    def address(self, name: str = "fleet") -> Broker:
        """As this user."""
        return Broker(self.url, name, str(self.folder / f"{name}.secret"), str(self.ca_file))

    def section(self, name: str, more: str = "") -> str:
        """[fleet] of this till's terminal.toml."""
        return (
            f'\n[fleet]\nbroker = "{self.url}"\nca_file = "{self.ca_file}"\nname = "{name}"\n'
            f'password_file = "{self.folder / name}.secret"\n{more}\n'
        )

    def options(self) -> list[str]:
        """What `pos fleet` is called with."""
        secret = str(self.folder / "fleet.secret")
        return ["--broker", self.url, "--ca", str(self.ca_file), "--password-file", secret]

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert MOSQUITTO is not None
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen(
                [MOSQUITTO, "-c", str(self._conf)], stdout=log, stderr=log, start_new_session=True
            )
        ends_s = time.monotonic() + START_S
        while True:
            assert self._child.poll() is None, (self.folder / "mosquitto.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                assert time.monotonic() < ends_s, "the broker does not listen"
                time.sleep(0.02)
            else:
                return

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it as it is asked to, or as by a power cut."""
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(number)
            child.wait(30)

    def send(self, number: int) -> None:
        """A signal, such as to stand still."""
        assert self._child is not None
        self._child.send_signal(number)

    def _certify(self) -> None:
        """An authority of the shop's own, and the broker's certificate."""
        authority, ca_name = ec.generate_private_key(ec.SECP256R1()), _name("Shop authority")
        mine = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)

        def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
            return (
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(ca_name)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - day)
                .not_valid_after(now + 30 * day)
            )

        root = builder(ca_name, authority).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.ca_file.write_bytes(
            root.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        hosts = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        leaf = builder(_name("Broker"), mine).add_extension(hosts, critical=False)
        (self.folder / "samkassa.crt").write_bytes(
            leaf.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        (self.folder / "samkassa.key").write_bytes(mine.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ))  # fmt: skip


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
