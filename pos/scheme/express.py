"""Statements that every payment needs, sent to PostgreSQL without all that a query builder does.

Apart from the store because only what was measured to be worth it comes here: SQLAlchemy takes as
long to have a statement done, and to describe its answer, as PostgreSQL to do it. The connections
are SQLAlchemy's, and so are the errors.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy import text as text_clause
from sqlalchemy.exc import DBAPIError

from pos.scheme.postgresql_engine import left_to_a_standby

_NAME = re.compile(r"(?<!:):(\w+)")


class Statement:
    """A statement with its values written `:name`; it answers with rows, or with none."""

    def __init__(self, text: str) -> None:
        self._built = text_clause(text)
        self._text = _NAME.sub(r"%(\1)s", text)

    def row(self, connection: Connection, named: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Have it done on `connection`, in its transaction if any; the answer's first row.

        Raises DBAPIError.
        """
        if connection.dialect.name != "postgresql":
            return _tuple(connection.execute(self._built, named).first())
        line = connection.connection.driver_connection
        driver = connection.dialect.loaded_dbapi
        assert line is not None  # noqa: S101 - an open connection has one
        try:
            row: tuple[Any, ...] | None = line.execute(self._text, named).fetchone()
        except driver.Error as error:
            if left_to_a_standby(error) or connection.dialect.is_disconnect(error, line, None):
                connection.invalidate(error)
            raise DBAPIError.instance(self._text, None, error, driver.Error) from error
        return row


def _tuple(row: Row[Any] | None) -> tuple[Any, ...] | None:
    return None if row is None else tuple(row)
