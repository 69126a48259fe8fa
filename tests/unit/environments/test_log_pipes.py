"""Bytes cut into messages."""

import asyncio
import os
import struct

import pytest

from lambda_magic.environments.log_pipes import (
    MAX_MESSAGE,
    FrameSplitter,
    LineSplitter,
    LogPipe,
)


def frame(text: str, microseconds: int = 1_500_000, kind: int = 0xA55A0003) -> bytes:
    encoded = text.encode()
    return struct.pack(">IIQ", kind, len(encoded), microseconds) + encoded


@pytest.fixture
def received():
    return []


@pytest.fixture
def frames(received):
    return FrameSplitter(lambda message, time: received.append((message, time)))


@pytest.fixture
def lines(received):
    return LineSplitter(lambda message, time: received.append(message))


def test_a_frame_is_one_message_with_its_own_time(frames, received):
    frames.feed(frame("two\nlines\n") + frame("ü", 2_000_000, 0xA55A0017) + frame(""))
    assert received == [("two\nlines", 1.5), ("ü", 2.0), ("", 1.5)]


@pytest.mark.parametrize("size", [1, 7, 16, 17, 30])
def test_frames_may_come_in_pieces(frames, received, size):
    stream = frame("first") + frame("second\n\n") + frame("third")
    for start in range(0, len(stream), size):
        frames.feed(stream[start : start + size])
    assert [message for message, _ in received] == ["first", "second\n", "third"]


def test_a_long_message_is_cut_between_characters(frames, received):
    text = "x" + "ü" * MAX_MESSAGE
    frames.feed(frame(text) + frame("next"))
    messages = [message for message, _ in received]
    assert "".join(messages[:-1]) == text
    assert messages[-1] == "next"
    assert max(len(message.encode()) for message in messages) <= MAX_MESSAGE


def test_a_frame_whose_writer_died_is_shown_as_far_as_it_came(frames, received):
    frames.feed(frame("a long message")[:-4])
    frames.pause()
    assert received == []
    frames.finish()
    frames.feed(frame("next"))
    assert [message for message, _ in received] == ["a long mes", "next"]


def test_what_is_no_frame_is_shown_as_it_is(frames, received):
    frames.feed(b"somebody wrote here directly")
    frames.feed(frame("next"))
    assert [message for message, _ in received] == ["somebody wrote here directly", "next"]


def test_lines(lines, received):
    lines.feed(b"one\ntw")
    lines.feed(b"o\n\nthree")
    assert received == ["one", "two", ""]
    lines.pause()
    lines.pause()
    assert received[3:] == ["three"]
    lines.feed(b"\xff\n")
    assert received[4:] == ["\ufffd"]


def test_a_line_without_end_is_cut(lines, received):
    lines.feed(b"x" * (MAX_MESSAGE * 2 + 5))
    assert list(map(len, received)) == [MAX_MESSAGE, MAX_MESSAGE]


async def test_a_pipe_is_drained_at_once_and_read_by_itself(lines, received):
    reading, writing = os.pipe()
    pipe = LogPipe(lines, reading)
    os.write(writing, b"one\npart")
    pipe.drain()
    assert received == ["one", "part"]
    os.write(writing, b"two\n")
    while len(received) < 3:
        await asyncio.sleep(0)
    assert received == ["one", "part", "two"]
    os.write(writing, b"last words")
    os.close(writing)
    pipe.close()
    pipe.close()
    assert received[-1] == "last words"


async def test_the_end_is_not_waited_for_while_somebody_goes_on_writing():
    received = []
    reading, writing = os.pipe()

    def answer(message, time):
        received.append(message)
        if len(received) < 100:
            os.write(writing, b"more\n")

    pipe = LogPipe(LineSplitter(answer), reading)
    os.write(writing, b"last words\n")
    pipe.close()
    os.close(writing)

    assert received == ["last words"]
