"""A PostgreSQL server of a test run's own, from Debian's package: in a directory of its own, reached by a socket file there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
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
    account: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(place, USER, USER)
        place.chmod(0o755)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(place / "data"), *arguments]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, **account)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    more = "".join(f" -c {setting}" for setting in settings)
    try:
        run("initdb", "--no-sync", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        run(
            "pg_ctl",
            "start",
            "-w",
            "-l",
            str(place / "log"),
            "-o",
            f"-c listen_addresses='' -k {place} -c max_connections=30{more}",
        )
        try:
            yield f"postgresql://{USER}@/postgres?host={place}"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(place, ignore_errors=True)
