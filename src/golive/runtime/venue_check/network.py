"""The way to a venue: do its names resolve, and is it really the venue that answers there?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from golive.model.clock import SECOND

from .row import Row, failed, not_applicable, ok, unknown

DNS: Final = "dns"
TLS: Final = "tls"
MIN_CERTIFICATE_DAYS: Final = 7
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, order=True)
class Host:
    """One address of a venue."""

    name: str
    port: int
    secure: bool

    @classmethod
    def of(cls, url: str) -> Host:
        """Read the host of a REST or WebSocket address."""
        parts = urlsplit(url)
        secure = parts.scheme in ("https", "wss")
        return cls(parts.hostname or "", parts.port or (443 if secure else 80), secure)


async def dns_row(hosts: Sequence[Host], timeout_s: float) -> Row:
    """Look every host name up; an address needs no look-up. A name that is not found leaves the venue unknown."""
    names = sorted({host.name for host in hosts if not _is_address(host.name)})
    if not names:
        return not_applicable(DNS, f"{', '.join(sorted({host.name for host in hosts}))}: no name to look up")
    found = await asyncio.gather(*(_look_up(name, timeout_s) for name in names))
    lost = [text for reached, text in found if not reached]
    if lost:
        return unknown(DNS, "; ".join(lost), "check this machine's network, its name server, and the spelling of the endpoint")
    return ok(DNS, "; ".join(text for _, text in found))


async def tls_row(hosts: Sequence[Host], trust: Callable[[], ssl.SSLContext], timeout_s: float) -> Row:
    """Shake hands with every encrypted host: chain and name must verify, and the certificate must last a while."""
    secure = sorted({host for host in hosts if host.secure})
    if not secure:
        return not_applicable(TLS, "the endpoint is plain HTTP on this machine")
    context = trust()
    rows = await asyncio.gather(*(_shake_hands(host, context, timeout_s) for host in secure))
    for status in ("failed", "unknown"):
        bad = [row for row in rows if row.status == status]
        if bad:
            return Row(TLS, bad[0].status, "; ".join(row.measured for row in bad), bad[0].fix)
    return ok(TLS, "; ".join(row.measured for row in rows))


def public_trust() -> ssl.SSLContext:
    """Return the trust that the adapters use: certifi's roots."""
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


async def _look_up(name: str, timeout_s: float) -> tuple[bool, str]:
    loop = asyncio.get_running_loop()
    try:
        answers = await asyncio.wait_for(loop.getaddrinfo(name, None, type=socket.SOCK_STREAM), timeout_s)
    except TimeoutError:
        return False, f"{name}: no answer of the name server within {timeout_s:g} s"
    except OSError as exc:
        return False, f"{name}: {exc.strerror or exc}"
    return True, f"{name} → {answers[0][4][0]}"


async def _shake_hands(host: Host, context: ssl.SSLContext, timeout_s: float) -> Row:
    began = time.monotonic_ns()
    try:
        reading = asyncio.open_connection(host.name, host.port, ssl=context, server_hostname=host.name)
        _, writer = await asyncio.wait_for(reading, timeout_s)
    except ssl.SSLCertVerificationError as exc:
        fix = "give no key to it: somebody else may answer there (proxy?), or this machine's clock is wrong"
        return failed(TLS, f"{host.name}: certificate refused: {exc.verify_message}", fix)
    except TimeoutError:
        return unknown(TLS, f"{host.name}: no answer within {timeout_s:g} s", "check this machine's network and firewall")
    except OSError as exc:
        return unknown(TLS, f"{host.name}: {exc.strerror or exc}", "check this machine's network and firewall")
    try:
        row = _judge(host, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), 1.0)
    elapsed = (time.monotonic_ns() - began) / SECOND
    return row if row.fix else ok(TLS, f"{row.measured}, handshake {elapsed * 1000:.0f} ms")


def _judge(host: Host, writer: asyncio.StreamWriter) -> Row:
    peer = writer.get_extra_info("ssl_object")
    assert isinstance(peer, ssl.SSLObject)
    certificate = peer.getpeercert() or {}
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    days = int((ends - time.time()) // _DAY_S)
    text = f"{host.name}: {peer.version()}, certificate valid {days} more days"
    if days < MIN_CERTIFICATE_DAYS:
        return failed(TLS, text, "the venue (or a proxy on the way) must renew it; below 7 days a session may not outlive it")
    return ok(TLS, text)


def _is_address(name: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            socket.inet_pton(family, name)
            return True
    return False
