"""Framed records: what one print or one traceback writes is one."""

import os
import struct
import threading

import pytest

from lambda_magic.runtimes.python.output import LogSink, RecordStream

CAUSE = 'Traceback (most recent call last):\n  File "x", line 1, in f\n    f()\nValueError: no\n'
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"


class Original:
    name = "<stdout>"
    buffer = None

    def fileno(self):
        return 1


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


@pytest.fixture
def stream(pipe):
    return RecordStream(LogSink(pipe[1]), Original())


@pytest.fixture
def records(pipe):
    """Reads what has been written so far: (frame type, text)."""

    def read():
        os.set_blocking(pipe[0], False)
        try:
            content = os.read(pipe[0], 1 << 20)
        except BlockingIOError:
            return []
        found = []
        while content:
            kind, length, _ = struct.unpack_from(">IIQ", content)
            found.append((kind, content[16 : 16 + length].decode()))
            content = content[16 + length :]
        return found

    return read


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        (["one", " ", "print", "\n"], ["one print\n"]),
        (["several\nlines", "\n"], ["several\nlines\n"]),
        (["a\n", "b\n"], ["a\n", "b\n"]),
        (["\n"], ["\n"]),
        (["", "incomplete"], []),
        (CAUSE.splitlines(keepends=True), [CAUSE]),
        (["Exception in thread T:\n", *CAUSE.splitlines(keepends=True)], None),
        (
            ["\nDuring handling of the above exception, another exception occurred:\n\n", CAUSE],
            None,
        ),
    ],
)
def test_a_record_ends_where_the_writer_ends(stream, records, writes, expected):
    for text in writes:
        assert stream.write(text) == len(text)
    texts = [text for _, text in records()]
    if expected is None:
        assert "".join(texts) == "".join(writes)
        assert texts[-1].endswith(CAUSE)
    else:
        assert texts == expected


def test_flush_writes_what_is_held(stream, records):
    stream.write("held")
    assert records() == []
    stream.flush()
    stream.flush()
    assert records() == [(0xA55A0003, "held")]


def test_threads_do_not_mix(stream, records):
    stream.write("main ")
    thread = threading.Thread(target=lambda: stream.write("thread\n"))
    thread.start()
    thread.join()
    stream.write("thread\n")
    assert [text for _, text in records()] == ["thread\n", "main thread\n"]


def test_only_text_is_taken(stream):
    with pytest.raises(TypeError, match="must be str, not bytes"):
        stream.write(b"x")


def test_the_stream_is_like_a_file(stream):
    assert stream.writable()
    assert not stream.isatty()
    assert (stream.fileno(), stream.name, stream.encoding) == (1, "<stdout>", "utf-8")


def test_what_is_no_unicode_is_escaped(pipe, records):
    LogSink(pipe[1]).log("\ud800")
    assert records() == [(0xA55A0003, "\\ud800")]
