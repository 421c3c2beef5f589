"""The last look at a request: when its connection is there, before a byte of it is written."""

from __future__ import annotations

import asyncio

import pytest

from golive.model.errors import JournalError
from golive.venues.direct_http import DirectTransport
from golive.venues.signed import Signed
from golive.venues.transport import HttpTransport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize("kind", [HttpTransport, DirectTransport])
@pytest.mark.parametrize(("method", "body"), [("POST", '{"a":1}'), ("GET", None)])
async def test_a_request_that_is_stopped_at_the_last_look_leaves_not_a_byte(
    kind: type[HttpTransport], method: str, body: str | None
) -> None:
    said: list[str] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append("connected")
        while line := await reader.readline():
            if line == b"\r\n":
                said.append("request")
                await reader.read(0 if body is None else len(body))
                writer.write(ANSWER)
        writer.close()

    def stopped() -> None:
        said.append("looked")
        raise JournalError("the lease has lapsed")

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    request = Signed(method, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/order", {}, body)
    transport = kind(timeout_s=5.0, secure=False)
    try:
        with pytest.raises(JournalError, match="lapsed"):
            await transport.send(request, 1000, stopped)
        assert said in (["connected", "looked"], ["looked", "connected"])  # who is told first of a connection is not ours to say
        answer = await transport.send(request, 1000, lambda: said.append("passed"))
        assert answer.body == b"{}"
        assert said.index("passed") < said.index("request")
        assert said.count("request") == 1
    finally:
        await transport.close()
        listener.close()
        await listener.wait_closed()
