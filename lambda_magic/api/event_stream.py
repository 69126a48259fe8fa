"""AWS's event stream encoding: the messages of a response that goes on.

https://smithy.io/2.0/aws/amazon-eventstream.html

A message is: its length, its headers' length, a checksum of these two, headers, payload, and a
checksum of it all. (botocore can only read it.)
"""

import struct
from binascii import crc32
from collections.abc import Mapping

#: "string", the one type of header used here.
_STRING = 7


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    encoded = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", _STRING, len(value.encode()))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    message = prelude + struct.pack("!I", crc32(prelude)) + encoded + payload
    return message + struct.pack("!I", crc32(message))


def event(event_type: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """A message that is an event of the operation's output."""
    return encode(
        {":event-type": event_type, ":content-type": content_type, ":message-type": "event"},
        payload,
    )


def exception(exception_type: str, payload: bytes) -> bytes:
    """A message that is an error, after which nothing comes."""
    return encode(
        {
            ":exception-type": exception_type,
            ":content-type": "application/json",
            ":message-type": "exception",
        },
        payload,
    )
