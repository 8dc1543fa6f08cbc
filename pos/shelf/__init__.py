"""The shop's catalogue file: read, refused with line and remedy, or taken and kept.

Apart from the sale, which is given products and knows no file, and from the engine, which only
asks now and then whether there are new ones. `reading` knows the formats, `keeping` the last
good file.
"""

from pos.shelf.keeping import CatalogueShelf
from pos.shelf.reading import CatalogueError, load

__all__ = ["CatalogueError", "CatalogueShelf", "load"]
