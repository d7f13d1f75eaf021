"""Memory of processes that are forked, or that stay for long."""

from __future__ import annotations

import ctypes
import gc

from django.apps import apps


def settle() -> None:
    """Leave what is loaded to the forks that share it, and give back what is free.

    Called once, when a process has loaded what it needs. The collector does not look
    through it any more, so a fork copies none of it for that. What modules needed while
    they were compiled and loaded is free by then, and glibc would keep it;
    other C libraries have no such call.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


# Of blocks that fill holes, in bytes: the large ones first, so that few are needed.
HOLES = (*(2**power for power in range(16, 8, -1)), *range(496, 8, -16))


def fill_holes() -> int:
    """Have the forks of this process take fresh memory, not holes in what they share.

    Called once, after `settle` in a process that forks. What modules freed while they
    were loaded lies about in small pieces, and the first connection to a database would
    fill hundreds of them, each in another page that the fork then has to copy. For half
    a megabyte that is taken here and never given back a worker of two slots takes 8 MB
    less (`python -m benchmarks memory`). Returns how many bytes; 0 where the C library
    is not glibc 2.33 or later.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        return 0
    libc.mallinfo2.restype = _MallInfo
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    libc.malloc.argtypes, libc.sbrk.argtypes = [ctypes.c_size_t], [ctypes.c_ssize_t]
    libc.free.argtypes = [ctypes.c_void_p]
    free = libc.mallinfo2().fordblks
    return sum(_fill(libc, size, free) for size in HOLES)


class _MallInfo(ctypes.Structure):
    """glibc's struct mallinfo2; `fordblks` is what is free, in bytes."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def _fill(libc: ctypes.CDLL, size: int, most: int) -> int:
    """Take blocks of this size until one lies beyond what the heap was."""
    end, filled = libc.sbrk(0), 0
    # The bound holds where the heap does not grow at its end.
    while filled < most:
        block = libc.malloc(size)
        if libc.sbrk(0) != end:
            libc.free(block)
            libc.malloc_trim(0)
            break
        filled += size
    return filled


def look_at_models() -> None:
    """Have every model find out about itself what its first query would.

    Called once, before `settle` in a process that forks: each fork would keep it for
    itself, about 1.5 MB. Asks no database.
    """
    for model in apps.get_models():
        str(model._default_manager.all().query)
        model._meta.get_fields()
