"""The head of an HTTP/1 request read strictly (RFC 9112): what could be understood in two ways is refused. Bytes in, values out.

Meant for endpoints that only answer: no body is taken, so there is nothing whose length two readers could see differently.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

MOST_BYTES: Final = 8192
"""of request line and fields together, with the empty line"""
MOST_FIELDS: Final = 64
END: Final = b"\r\n\r\n"
_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (/[!-~]*|\*) HTTP/([0-9])\.([0-9])")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)")
_HOST: Final = re.compile(r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<plain>[^:\[\]]+|[0-9A-Fa-f:.]+))(?::[0-9]{1,5})?")
"""a name or an IPv4 address, or an IPv6 address in brackets, with or without a port; an IPv6 address alone has none"""


class NotTaken(Exception):
    """A request that is not served; the peer hears `status` and the text, which quotes nothing of the request."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What was asked for; names of fields in lower case."""

    method: str
    path: str
    """as sent, without the query; nothing in it is decoded or resolved"""
    fields: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Return the values of a field in the order in which they came."""
        return [value for each, value in self.fields if each == name]


def read_head(data: bytes) -> RequestHead:
    """Return the head that `data` is, up to and with its empty line; NotTaken for anything else."""
    if len(data) > MOST_BYTES:
        raise NotTaken(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"A request has {MOST_BYTES} bytes at most.")
    if not data.endswith(END):
        raise _bad("The request is cut short.")
    first, *lines = data[: -len(END)].split(b"\r\n")
    asked = _LINE.fullmatch(first)
    if asked is None:
        raise _bad("The first line is not METHOD /path HTTP/1.1.")
    if asked[3] != b"1" or asked[4] not in (b"0", b"1"):
        raise NotTaken(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 is spoken here.")
    if len(lines) > MOST_FIELDS:
        raise NotTaken(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"A request has {MOST_FIELDS} fields at most.")
    fields = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _bad("A field is not NAME: value on one line.")
        fields.append((field[1].decode("ascii").lower(), field[2].decode("latin-1").rstrip(" \t")))
    head = RequestHead(asked[1].decode("ascii"), asked[2].decode("ascii").partition("?")[0], tuple(fields))
    if len(head.all("host")) > 1 or (asked[4] == b"1" and not head.all("host")):
        raise _bad("A request names one Host.")
    if head.all("transfer-encoding") or head.all("content-length") not in ([], ["0"]):
        raise _bad("No body is taken here.")
    return head


def is_loopback(host: str) -> bool:
    """Say whether a Host field or an address names this machine: localhost or a loopback address, with or without a port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = str(found["bracketed"] or found["plain"])
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _bad(text: str) -> NotTaken:
    return NotTaken(HTTPStatus.BAD_REQUEST, text)
