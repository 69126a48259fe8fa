"""One thread wakes another."""

import os
import threading

import pytest

from lambda_magic.core.bell import Bell


def test_who_hears_waits_until_it_is_rung():
    bell = Bell()
    heard = threading.Event()

    def listen():
        bell.hear()
        heard.set()

    thread = threading.Thread(target=listen)
    thread.start()
    assert not heard.is_set()
    bell.ring()
    thread.join(10)
    assert heard.is_set()


def test_a_ring_is_kept_for_who_comes_later():
    bell = Bell()
    bell.ring()
    bell.hear()
    os.set_blocking(bell.fd, False)
    with pytest.raises(BlockingIOError):
        bell.hear()


def test_closing_gives_both_descriptors_back():
    bell = Bell()
    fds = [bell.fd, bell._writing]
    bell.close()
    bell.close()
    bell.ring()
    for fd in fds:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
