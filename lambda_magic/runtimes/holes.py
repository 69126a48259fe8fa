"""Free memory between what is in use, taken before any fork.

What a process allocates would go there, and each write to a page that it shares with all others
makes a copy of the whole page. With the holes filled it comes from fresh pages, side by side.
"""

from __future__ import annotations

import ctypes
import sys

#: Python's allocator hands out blocks of these sizes from pools, each of one size.
_BLOCK_SIZES = range(48, 513, 16)
_POOL = 16384 if sys.version_info >= (3, 10) else 4096
#: Where a pool's first block lies in it.
_FIRST_BLOCK = 48
#: So many neighbours from there on are no coincidence.
_CERTAIN = 4
_EMPTY = sys.getsizeof(b"")
#: The C library's: larger than any hole that matters, and below what it maps separately.
_LARGEST, _SMALLEST = 96 * 1024, 32
#: Of each size. There are far fewer, unless the allocators are others than is thought.
_MOST = 2048

_kept: list[bytes] = []


def fill() -> None:
    """Take the holes, for good."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version"):
        _fill_heap(libc)
    for size in _BLOCK_SIZES:
        _fill_pools(size)


def _fill_pools(size: int) -> None:
    """Take blocks until they come from a pool that was empty: then there is no other one."""
    previous = in_a_row = 0
    for _ in range(_MOST):
        block = bytes(size - _EMPTY)
        _kept.append(block)
        address = id(block)
        if address % _POOL == _FIRST_BLOCK:
            in_a_row = 1
        elif in_a_row and address == previous + size:
            in_a_row += 1
        else:
            in_a_row = 0
        if in_a_row == _CERTAIN:
            return
        previous = address


def _fill_heap(libc: ctypes.CDLL) -> None:
    allocate, free = libc.malloc, libc.free
    allocate.restype, allocate.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    free.restype, free.argtypes = None, [ctypes.c_void_p]
    # Too large for any hole, it lies behind all of them.
    end = allocate(_LARGEST)
    size = _LARGEST
    while size >= _SMALLEST:
        for _ in range(_MOST):
            address = allocate(size)
            if address > end:
                free(address)
                break
        size = size * 3 // 4
    free(end)
