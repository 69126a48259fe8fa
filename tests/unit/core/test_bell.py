"""One thread wakes another."""

import errno
import gc
import os
import sys
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


def test_where_there_is_no_descriptor_left_there_is_nothing_to_close(monkeypatch):
    def none_left():
        raise OSError(errno.EMFILE, "Too many open files")

    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    monkeypatch.setattr(os, "pipe", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        Bell()
    gc.collect()
    assert unraisable == []


def test_what_interrupts_the_ringing_is_raised(monkeypatch):
    def interrupted(fd, data):
        raise TimeoutError("time is up")

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(TimeoutError):
        Bell().ring()
