"""The catalogue at work: the last good file, kept, while a newer one may be wrong.

Apart from `reading` because this has a place on the disk: a till that starts beside a file
somebody broke overnight sells from the one that was good.
"""

from contextlib import suppress
from pathlib import Path

from pos.errors import SettingsError
from pos.folders import write_private
from pos.sale.catalogue import NOTHING, Catalogue
from pos.sale.view import Notice, notice
from pos.shelf.reading import CatalogueError, load

GOOD_NAME = "catalogue-good"

_Stamp = tuple[int, int, int] | None


class CatalogueShelf:
    """The products of the file at `path`; the last good one is kept in the `state` folder.

    `fault` says why the file as it is now was refused; None when it is what is sold from.
    """

    def __init__(self, path: Path, state: Path, currency: str, language: str) -> None:
        self._path = path
        self._good = state / (GOOD_NAME + path.suffix)
        self._currency, self._language = currency, language
        self._stamp: _Stamp = None
        self._catalogue = NOTHING
        self.fault: Notice | None = None
        if not self._read():
            with suppress(SettingsError):
                self._catalogue = load(self._good, currency, language)

    @property
    def catalogue(self) -> Catalogue:
        """The products of the last good file; none when there never was one."""
        return self._catalogue

    def look(self) -> bool:
        """Read the file when it changed; True when catalogue or fault did."""
        if self._seen() == self._stamp:
            return False
        self._read()
        return True

    def _seen(self) -> _Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> bool:
        self._stamp = self._seen()
        try:
            self._catalogue = load(self._path, self._currency, self._language)
        except CatalogueError as fault:
            first, _, rest = str(fault).partition("\n")
            if rest:
                count = rest.count("\n") + 1
                self.fault = notice("shelf.refused_more", grave=True, sentence=first, count=count)
            else:
                self.fault = notice("shelf.refused", grave=True, sentence=first)
            return False
        self.fault = None
        self._keep()
        return True

    def _keep(self) -> None:
        """Put a copy of the good file where the next start finds it. A full disk keeps none."""
        with suppress(OSError):
            write_private(self._good, self._path.read_bytes())
