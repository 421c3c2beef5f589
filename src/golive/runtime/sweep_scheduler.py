"""Whether what listens at the address of a scheduler is one: a wrong port would hang, or be taken for a message of exabytes."""

from __future__ import annotations

import socket
from ssl import SSLContext
from typing import Final

from golive.model.errors import ConfigError

_HEAD: Final = 8
"""bytes; a scheduler speaks first, and begins with the length of its greeting, which is binary"""


def check_scheduler(host: str, port: int, context: SSLContext | None, timeout_s: float) -> None:
    """Raise ConfigError where something listens that does not greet as a scheduler does.

    Where nothing listens nothing is said: it may be about to start. `context` is for TLS.
    """
    try:
        plain = socket.create_connection((host, port), timeout_s)
    except OSError:
        return
    with plain:
        try:
            with plain if context is None else context.wrap_socket(plain) as stream:
                head = stream.recv(_HEAD)
        except TimeoutError:
            raise ConfigError(f"something listens at {host}:{port}, but does not greet as a Dask scheduler does") from None
        except OSError as exc:
            raise ConfigError(f"what listens at {host}:{port} does not speak as asked for: {exc}") from exc
    if not head or all(32 <= byte < 127 for byte in head):
        raise ConfigError(f"what listens at {host}:{port} is no Dask scheduler (is it its dashboard?)")
