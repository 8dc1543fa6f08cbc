"""The durable record of account: append an entry and move the payment, or neither.

Apart because one file, one connection and one writer are what make "written down" mean
something: every append is one synced transaction of an append-only, hash-chained table. `chain`
is what an entry is, `disk` how the file is opened on what may fail under it, `writing` the open
journal of a till, `keeping` its copies.
"""

from pos.journal.chain import GENESIS, Row, chained
from pos.journal.disk import PRAGMAS, Disk
from pos.journal.keeping import keep, put_back
from pos.journal.writing import FREE_BYTES_MIN, Journal, read, rows

__all__ = [
    "FREE_BYTES_MIN",
    "GENESIS",
    "PRAGMAS",
    "Disk",
    "Journal",
    "Row",
    "chained",
    "keep",
    "put_back",
    "read",
    "rows",
]
