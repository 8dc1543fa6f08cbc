"""A signed release: one file that says which version it is, and who vouches for it.

Apart from its installation so that anybody can check one. The first line is a JSON object with
version, SHA-256 and size of what follows, a gzipped tar of the program, and an Ed25519 signature
(RFC 8032) over all three; the installation holds the public keys that it trusts.
"""

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pos.errors import PosError

FORMAT = "samkassa-release-1"
HEADER_BYTES_MAX = 4096
BYTES_MAX = 512 * 1024 * 1024
UNPACKED_BYTES_MAX = 2 * 1024 * 1024 * 1024
PARTS = (
    "pos",
    "hardware",
    "systemd",
    "pyproject.toml",
    "requirements.lock",
    "README.md",
    "LICENSE",
)
WHEELS = "wheels"
_VERSION = re.compile(r"\d{1,6}\.\d{1,6}\.\d{1,6}", re.ASCII)


class ReleaseRefused(PosError):
    """This file is no release that may run here."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a checked file holds: its version, and the gzipped tar."""

    version: str
    content: bytes

    def unpack(self, folder: Path) -> None:
        """Put the program into an empty folder. Raises ReleaseRefused for what leads out of it."""
        try:
            with tarfile.open(fileobj=io.BytesIO(self.content), mode="r:gz") as tar:
                members = tar.getmembers()
                if sum(each.size for each in members) > UNPACKED_BYTES_MAX:
                    raise ReleaseRefused("The release is larger than a till; ask for another.")
                tar.extractall(folder, members, filter="data")
            told = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        except (tarfile.TarError, OSError, EOFError, ValueError) as fault:
            raise ReleaseRefused("The release cannot be unpacked; ask for another file.") from fault
        if told["project"]["version"] != self.version:
            raise ReleaseRefused(
                f"The release calls itself {self.version} and holds another version; ask for "
                "another file."
            )


def number(version: str) -> tuple[int, ...]:
    """A version as it is ordered. Raises ReleaseRefused for anything but three numbers."""
    if not _VERSION.fullmatch(version):
        raise ReleaseRefused(f"{version!r} is no version of the form 1.2.3.")
    return tuple(int(part) for part in version.split("."))


def new_key() -> tuple[bytes, str]:
    """A private key as PEM, and its public one as the line that an installation trusts."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return pem, base64.b64encode(raw).decode()


def packed(source: Path, wheels: Path | None = None) -> tuple[str, bytes]:
    """The version of a checkout, and its program as a gzipped tar: the same bytes every time."""
    version = str(
        tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    )
    number(version)
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for part in PARTS:
            _add(tar, source / part, part)
        if wheels is not None:
            _add(tar, wheels, WHEELS)
    return version, gzip.compress(found.getvalue(), mtime=0)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    for each in paths:
        if not each.is_file() or "__pycache__" in each.parts:
            continue
        inside = name if each == path else f"{name}/{each.relative_to(path)}"
        info = tarfile.TarInfo(inside)
        info.size = each.stat().st_size
        info.mode = 0o755 if each.stat().st_mode & 0o100 else 0o644
        with each.open("rb") as file:
            tar.addfile(info, file)


def signed(version: str, content: bytes, pem: bytes) -> bytes:
    """The whole file. Raises ReleaseRefused for a key that is none."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (TypeError, ValueError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ReleaseRefused("That is no private key of a release; make one with pos update key.")
    digest = hashlib.sha256(content).hexdigest()
    signature = base64.b64encode(key.sign(_content(version, digest, len(content)))).decode()
    header = {
        "format": FORMAT, "version": version, "sha256": digest, "size": len(content),
        "signature": signature,
    }  # fmt: skip
    return json.dumps(header).encode() + b"\n" + content


def read(path: Path, trusted: Path) -> Release:
    """The release in `path`, if a key in `trusted`, one a line, vouches for it.

    Raises ReleaseRefused for one that is not signed, by somebody else, or changed since.
    """
    keys = _keys(trusted)
    try:
        with path.open("rb") as file:
            first = file.readline(HEADER_BYTES_MAX)
            content = file.read(BYTES_MAX + 1)
    except OSError as fault:
        raise ReleaseRefused(f"{path} cannot be read ({fault.strerror}); name another.") from fault
    try:
        header = json.loads(first)
        version, digest = str(header["version"]), str(header["sha256"])
        size, signature = int(header["size"]), base64.b64decode(header["signature"], validate=True)
        known = header["format"] == FORMAT
    except (KeyError, RecursionError, TypeError, ValueError):
        known = False
    if not known:
        raise ReleaseRefused(f"{path} is no signed release; ask for one made by pos update sign.")
    if not any(_vouches(key, _content(version, digest, size), signature) for key in keys):
        raise ReleaseRefused(
            f"{path} is signed by nobody whom this installation trusts; do not install it."
        )
    if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
        raise ReleaseRefused(f"{path} was changed after it was signed; fetch it again.")
    number(version)
    return Release(version, content)


def _keys(trusted: Path) -> list[Ed25519PublicKey]:
    try:
        lines = trusted.read_text("ascii").split()
        found = [Ed25519PublicKey.from_public_bytes(base64.b64decode(line)) for line in lines]
    except (OSError, ValueError):
        found = []
    if not found:
        raise ReleaseRefused(
            f"This installation trusts nobody's releases: put the public key of pos update key "
            f"into {trusted}."
        )
    return found


def _content(version: str, digest: str, size: int) -> bytes:
    return "\n".join((FORMAT, version, digest, str(size))).encode()


def _vouches(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
