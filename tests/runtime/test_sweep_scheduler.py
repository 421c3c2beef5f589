import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from golive.model.errors import ConfigError
from golive.runtime.sweep_scheduler import check_scheduler


@contextmanager
def listener(greeting: bytes, *, closes: bool) -> Iterator[int]:
    """Something that listens and greets each caller; yields its port."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                caller.sendall(greeting)
                if closes:
                    caller.close()
                else:
                    held.append(caller)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for caller in held:
                caller.close()


@pytest.mark.parametrize(
    ("greeting", "closes", "said"),
    [
        (b"", False, "does not greet as a Dask scheduler does"),
        (b"", True, "is no Dask scheduler"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", True, "is no Dask scheduler"),
    ],
)
def test_what_does_not_greet_as_a_scheduler_is_none(greeting: bytes, closes: bool, said: str) -> None:
    with listener(greeting, closes=closes) as port, pytest.raises(ConfigError, match=f"127.0.0.1:{port}.*{said}"):
        check_scheduler("127.0.0.1", port, None, 0.3)


def test_what_does_not_speak_tls_is_told() -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n", closes=True) as port, pytest.raises(ConfigError, match="does not speak"):
        check_scheduler("127.0.0.1", port, ssl._create_unverified_context(), 2)  # noqa: S323 (what is tested refuses it)


def test_a_binary_greeting_and_nobody_at_all_are_left_to_the_client() -> None:
    with listener(b"\x38\0\0\0\0\0\0\0", closes=False) as port:
        check_scheduler("127.0.0.1", port, None, 2)
    check_scheduler("127.0.0.1", port, None, 2)
