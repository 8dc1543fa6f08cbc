"""The shop's catalogue or site file: read, refused with line and remedy, or taken and kept.

Apart from the sale, which is given products and knows no file, and from the engine, which only
asks now and then whether there are new ones. `reading` and `site_file` know the formats, `keeping`
the last good file.
"""

from pos.shelf.keeping import CatalogueShelf, SiteShelf
from pos.shelf.reading import CatalogueError, load
from pos.shelf.site_file import SiteError
from pos.shelf.site_file import load as load_site

__all__ = ["CatalogueError", "CatalogueShelf", "SiteError", "SiteShelf", "load", "load_site"]
