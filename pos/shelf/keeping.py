"""The file of what is sold, at work: the last good one is kept, while a newer one may be wrong.

Apart from `reading` and `site_file` because this has a place on the disk: a till that starts beside
a file somebody broke overnight sells from the one that was good.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from pos.errors import SettingsError
from pos.folders import write_private
from pos.sale.catalogue import NOTHING, Catalogue
from pos.sale.site import Site
from pos.sale.view import Notice, notice
from pos.shelf import reading, site_file

GOOD_NAME = "catalogue-good"
GOOD_SITE_NAME = "site-good"

_Stamp = tuple[int, int, int] | None
_Kept = TypeVar("_Kept")


class _KeptFile(Generic[_Kept]):
    """What `load` makes of the file at `path`; the last good file is kept at `good`.

    `fault` says why the file as it is now was refused; None when it is what is sold from.
    """

    def __init__(self, path: Path, good: Path, load: Callable[[Path], _Kept]) -> None:
        self._path, self._good, self._load = path, good, load
        self._stamp: _Stamp = None
        self.fault: Notice | None = None
        self._kept: _Kept | None = None
        if not self._read():
            with suppress(SettingsError):
                self._kept = load(good)

    def look(self) -> bool:
        """Read the file when it changed; True when what it holds or the fault did."""
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
            self._kept = self._load(self._path)
        except SettingsError as fault:
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


class CatalogueShelf(_KeptFile[Catalogue]):
    """The products of the file at `path`; the last good one is kept in the `state` folder."""

    site: Site | None = None

    def __init__(self, path: Path, state: Path, currency: str, language: str) -> None:
        good = state / (GOOD_NAME + path.suffix)
        super().__init__(path, good, lambda file: reading.load(file, currency, language))

    @property
    def catalogue(self) -> Catalogue:
        """The products of the last good file; none when there never was one."""
        return self._kept if self._kept is not None else NOTHING


class SiteShelf(_KeptFile[Site]):
    """The site of the file at `path`, and its tickets as products; kept likewise."""

    def __init__(self, path: Path, state: Path, currency: str, language: str) -> None:
        good = state / (GOOD_SITE_NAME + path.suffix)
        super().__init__(path, good, lambda file: site_file.load(file, currency, language))
        self._made: tuple[Site, Catalogue] | None = None

    @property
    def site(self) -> Site | None:
        """The site of the last good file, None when there never was one."""
        return self._kept

    @property
    def catalogue(self) -> Catalogue:
        """Its tickets."""
        site = self._kept
        if site is None:
            return NOTHING
        if self._made is None or self._made[0] is not site:
            self._made = site, site.catalogue()
        return self._made[1]
