"""Keeps what a process holds in memory out of core dumps: codes and keys are there while in use.

Apart from the commands because every one of them begins with it, before it reads a key or a code.
"""

import ctypes
import resource
from contextlib import suppress

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def keep_memory_private() -> None:
    """No core dump of this process, nor a debugger of another user's in it.

    Also of a child, until it executes another program.
    """
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    # The kernel pipes a dump to a collector whatever the limit says, unless it may not dump.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
