"""The nemesis does what its rates say, to both directions, by its seed, and nothing when it is told nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from crash.nemesis import Nemesis
from crash.rig import NemesisProcess

REQUEST = b"POST /order HTTP/1.1\r\nContent-Length: 500\r\n\r\n" + b"x" * 500
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b"y" * 400

pytestmark = pytest.mark.integration


@dataclass
class Backend:
    """A server that notes what each connection brought and answers each whole request."""

    listener: socket.socket
    brought: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return "{}:{}".format(*self.listener.getsockname())

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        got = b""
        with connection:
            try:
                while piece := connection.recv(65536):
                    got += piece
                    if len(got) % len(REQUEST) == 0:
                        connection.sendall(ANSWER)
            except OSError:
                pass
        self.brought.append(got)


@pytest.fixture
def backend() -> Iterator[Backend]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Backend(listener)
        threading.Thread(target=made.serve, daemon=True).start()
        yield made


@pytest.fixture
def nemesis(backend: Backend) -> Iterator[NemesisProcess]:
    process = NemesisProcess(backend.address, seed=11)
    yield process
    process.end()


def exchange(nemesis: NemesisProcess) -> bytes | None:
    """Send one request; return what came back until the connection ended or all was there, None after a time-out."""
    got = b""
    with socket.create_connection(("127.0.0.1", nemesis.port), timeout=1.0) as connection:
        try:
            connection.sendall(REQUEST)
            while len(got) < len(ANSWER) and (piece := connection.recv(65536)):
                got += piece
        except ConnectionError:
            return got
        except TimeoutError:
            return None
    return got


def brought(backend: Backend, count: int) -> list[bytes]:
    """Wait until so many connections have ended at the backend."""
    for _ in range(400):
        if len(backend.brought) >= count:
            return backend.brought
        threading.Event().wait(0.01)
    raise AssertionError(f"only {len(backend.brought)} connections ended")


def test_nothing_happens_when_nothing_is_told(nemesis: NemesisProcess, backend: Backend) -> None:
    assert [exchange(nemesis) for _ in range(20)] == [ANSWER] * 20
    assert brought(backend, 20) == [REQUEST] * 20
    assert nemesis.take({}) == {"connections": 20}


@pytest.mark.parametrize(
    ("rate", "answer", "arrives"),
    [
        ("cut_before", b"", b""),
        ("cut_after", None, REQUEST),
        ("delay", ANSWER, REQUEST),
        ("throttle", ANSWER, REQUEST),
        ("delay_answer", ANSWER, REQUEST),
    ],
)
def test_a_strike_is_what_it_is_called(
    nemesis: NemesisProcess, backend: Backend, rate: str, answer: bytes | None, arrives: bytes
) -> None:
    nemesis.take({rate: 1.0})
    got = exchange(nemesis)
    assert got == answer or (rate == "cut_after" and got is not None and ANSWER.startswith(got))
    assert brought(backend, 1) == [arrives]
    assert nemesis.take({})[rate] >= 1


def test_a_request_is_cut_at_any_byte(nemesis: NemesisProcess, backend: Backend) -> None:
    nemesis.take({"cut_within": 1.0})
    assert [exchange(nemesis) for _ in range(20)] == [b""] * 20
    lengths = {len(piece) for piece in brought(backend, 20)}
    assert len(lengths) > 10
    assert max(lengths) < len(REQUEST)
    assert all(REQUEST.startswith(piece) for piece in backend.brought)


def test_an_answer_is_cut_at_any_byte(nemesis: NemesisProcess, backend: Backend) -> None:
    nemesis.take({"cut_answer": 1.0})
    got = [exchange(nemesis) for _ in range(20)]
    assert all(part is not None and ANSWER.startswith(part) and part != ANSWER for part in got)
    assert len({len(part or b"") for part in got}) > 10
    assert brought(backend, 20) == [REQUEST] * 20


def test_a_black_hole_swallows_and_stays_open(nemesis: NemesisProcess, backend: Backend) -> None:
    nemesis.take({"black_hole": 1.0})
    assert exchange(nemesis) is None
    assert brought(backend, 1) == [b""]


def test_the_same_seed_strikes_the_same_pieces() -> None:
    def drawn(seed: int) -> list[str]:
        from random import Random

        nemesis = Nemesis("127.0.0.1", 1, seed)
        nemesis.take({"cut_before": 0.3, "delay": 0.3})
        rng = Random(f"{seed}|1")
        return [nemesis.strikes(rng, ("cut_before", "delay")) for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert set(drawn(1)) == {"", "cut_before", "delay"}


def test_an_unknown_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown rate 'cut_befor'; known are cut_before"):
        Nemesis("127.0.0.1", 1, 1).take({"cut_befor": 1})
