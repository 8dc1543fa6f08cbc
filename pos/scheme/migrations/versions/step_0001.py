"""The first tables, as they stand until the first release."""

from alembic import op

from pos.scheme.schema import create

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table in an empty database."""
    create(op.get_bind())
