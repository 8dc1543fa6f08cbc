"""The driver: one inbox, one thread, one writer.

Apart because this is the only place where something is written down and something is sent, and
the order of the two is the promise: write down, then act, then write down. Everything it decides
with is pure and lives in `pos.sale`; recovery is this same loop started from what was written.
"""

from pos.engine.loop import Engine
from pos.engine.parts import Clock, Eye, Paper, Parts, Shelf, Terms

__all__ = ["Clock", "Engine", "Eye", "Paper", "Parts", "Shelf", "Terms"]
