"""What a running switch does besides answering: it pursues what is open, and notifies merchants.

Apart from the server because a switch that only answers is whole: this makes it finish what nobody
asks for any more.
"""

from contextlib import AbstractContextManager

from pos.scheme.measures import Measures
from pos.scheme.notify import Notifier
from pos.scheme.pursuit import PAUSE_S, Pursuit
from pos.scheme.simulation import SimulatedScheme
from pos.scheme.worker import Worker, working
from pos.switch.signature import Signer

NOTIFIERS = 4  # a slow server holds up one of them for ten seconds at most


def background(
    scheme: SimulatedScheme, signer: Signer, measures: Measures
) -> AbstractContextManager[None]:
    """The workers of one process, at work until the end of the `with`; then each ends its piece."""
    pursuit = Pursuit(scheme.store, scheme.book)
    notifier = Notifier(scheme.store, scheme.wallets, signer, observe=measures.notified)
    return working(
        Worker("pursuit", pursuit.drive_on, PAUSE_S),
        *(Worker(f"notifier-{number}", notifier.deliver_next) for number in range(NOTIFIERS)),
    )
