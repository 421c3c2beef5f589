"""A PostgreSQL server of a test run's own, from Debian's package: in a directory of its own, reached by a socket file there."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "postgres"
MISSING = "no PostgreSQL server is installed (Debian: apt-get install postgresql)"


def binaries() -> Path | None:
    """Where the programs of the newest installed server are; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def new_database(cluster: str) -> str:
    """Make a database in the server and return its URL."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return cluster.replace("/postgres?", f"/{name}?")


@contextmanager
def server(*settings: str) -> Iterator[str]:
    """Start a server, with `name=value` settings; yield the URL of its database `postgres`. Nobody reaches it but by the socket in its directory."""
    programs = binaries()
    assert programs is not None, MISSING
    # The server refuses to run as root, and its user may not look into a test's own directory.
    place = Path(tempfile.mkdtemp(prefix="golive-pg-"))
    data = place / "data"
    account: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(place, USER, USER)
        place.chmod(0o755)
    made = subprocess.run(
        [programs / "initdb", "-D", data, "--no-sync", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
        cwd=place, capture_output=True, text=True, check=False, **account,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    options = ["listen_addresses=", "max_connections=30", *settings]
    switches = [part for option in options for part in ("-c", option)]
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(place), *switches]
    url = f"postgresql://{USER}@/postgres?host={place}"
    try:
        with (place / "log").open("w") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                cwd=place,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_its_parent,  # noqa: PLW1509 - it takes no lock that another thread could hold
                **account,
            )
        try:
            _wait_for(url, process, place / "log")
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _end_with_its_parent() -> None:
    """A test run that is killed leaves no server behind."""
    set_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGQUIT)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)
