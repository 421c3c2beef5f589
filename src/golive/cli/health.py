"""`golive health serve | probe`: health and status of this installation over gRPC, for those with a certificate."""

from __future__ import annotations

import signal
from typing import Annotated, Final

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .mtls import section_of
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

app = command_group("Serve health and status over gRPC, with certificates on both sides; ask a server how it is.")

ENDING: Final = (signal.SIGINT, signal.SIGTERM)
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]


@app.command()
def serve(
    host: HostOption = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 50051,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Serve until SIGINT or SIGTERM; the first line on stdout says where. There is no port without certificates.

    Exit 0, 2 usage or address, 3 no valid bundle, 70 tokens, revocations or log cannot be used.
    """
    _demand_grpc()
    from golive.runtime.clock import SystemClock
    from golive.services.server import StatusServer

    where = locate(config, home)
    # Blocked before any thread is begun, so that all of them leave the signals to who waits for them here.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    with StatusServer(where.home, section_of(where), SystemClock(), host=host, port=port) as server:
        with delivered() as stdout:
            stdout.write(f"serving on {server.address}\n")
        signal.sigwait(ENDING)


@app.command()
def probe(
    target: Annotated[str, typer.Argument(metavar="HOST:PORT")] = "localhost:50051",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Ask a server whether it serves, with the bundle's client certificate. Exit 0 serving, 6 not, or no answer; 2, 3."""
    _demand_grpc()
    from golive.services.client import health_of

    where = locate(config, home)
    said = health_of(where.home, section_of(where), target)
    with delivered() as stdout:
        stdout.write(said + "\n")
    raise typer.Exit(ExitCode.OK if said == "SERVING" else ExitCode.UNKNOWN)


def _demand_grpc() -> None:
    try:
        import grpc  # noqa: F401 (whether it is there)
    except ImportError as exc:
        raise ConfigError("services need gRPC: pip install 'golive[services]'") from exc
