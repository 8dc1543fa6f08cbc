"""How a database of an older switch becomes one of this switch, in numbered steps for Alembic.

Apart from the schema because a step, once released, never changes again.
"""
