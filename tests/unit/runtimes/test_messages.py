"""How messages arrive: whole or in pieces, with descriptors, or not at all."""

import os
import socket
from contextlib import ExitStack

import pytest

from lambda_magic.runtimes import messages


@pytest.fixture
def ends():
    with ExitStack() as stack:
        yield [stack.enter_context(end) for end in socket.socketpair()]


def test_lines_arrive_with_what_follows_them(ends):
    here, there = ends
    there.sendall(b"one\ntw")
    there.sendall(b"o\n")
    socket.send_fds(there, [messages.START], [there.fileno()])
    lines, rest, descriptors = messages.receive_lines(here, 2)
    if not rest:
        rest, descriptors = messages.receive(here, 16)
    assert (lines, rest) == ([b"one", b"two"], messages.START)
    (fd,) = descriptors
    assert not os.get_inheritable(fd)
    assert os.fstat(fd).st_ino == os.fstat(there.fileno()).st_ino
    os.close(fd)


def test_no_line_comes_of_an_end_that_closes(ends):
    here, there = ends
    there.sendall(b"a half")
    there.close()
    assert messages.receive_lines(here, 1) == ([], b"", [])


def test_an_end_that_closes_without_having_read_is_closed_like_any_other(ends):
    here, there = ends
    here.sendall(b"unread")
    there.close()
    assert messages.receive(here, 16) == (b"", [])
