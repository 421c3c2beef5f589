"""Checks of the machine: interpreter, libraries, clock, disk, who runs it, and whose files are whose."""

from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path
from typing import Final

import golive
from golive.model.clock import SECOND
from golive.security.private_place import is_root, trespasses

from .finding import Finding, Patient, blocked, breached, not_applicable, ok, unknown
from .next_command import of_places

SUPPORTED: Final = (3, 11)
LEAST_FREE_BYTES: Final = 1 << 30
LEAST_FREE_INODES: Final = 10_000
WATCHED_S: Final = 0.1
MOST_DRIFT_NS: Final = 5_000_000
"""between wall and monotonic time over WATCHED_S: more means that the clock was set meanwhile, or runs away"""
MOST_AHEAD_S: Final = 5.0
"""how far files may be dated into the future of this clock"""
MOST_FILES: Final = 5_000
WRITTEN: Final = ("var", "logs", "reports", "audit", "alerts", "metrics")
DATED: Final = ("var/audit", "var/state", "logs", "audit")
SHOWN: Final = 3
REINSTALL: Final = "make -B setup"
"""-B: without it nothing is done where constraints.txt has not changed"""
SET_CLOCK: Final = "timedatectl set-ntp true"
_PIN: Final = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")
_MANNERS: Final = re.compile(r"^(run|look into it, then): ")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


def python(_: Patient) -> Finding:
    """The interpreter is of the version that is tested."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] == SUPPORTED:
        return ok(f"CPython {found}")
    wanted = ".".join(str(part) for part in SUPPORTED)
    if sys.version_info[:2] < SUPPORTED:
        return blocked(f"Python {found}, needed is {wanted}", f"make clean setup PYTHON=python{wanted}")
    return unknown(f"Python {found}: only {wanted} is tested", f"make clean setup PYTHON=python{wanted}")


def libraries(_: Patient) -> Finding:
    """What is installed has the versions that constraints.txt pins; nothing that is required is missing."""
    missing = [name for name in _required() if _installed(name) is None]
    if missing:
        return blocked(f"not installed: {_few(missing)}", REINSTALL)
    constraints = Path(golive.__file__).resolve().parents[2] / "constraints.txt"
    try:
        lines = constraints.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return unknown("constraints.txt does not lie beside the sources: nothing says which versions are right")
    pins = {found[1]: found[2] for line in lines if (found := _PIN.match(line))}
    here = {_plain(each.metadata["Name"]): each.version for each in distributions() if each.metadata["Name"]}
    other = [f"{name} {here[_plain(name)]} (pinned {pin})" for name, pin in pins.items() if here.get(_plain(name), pin) != pin]
    if other:
        return breached(f"{len(other)} of other versions: {_few(other)}", REINSTALL)
    return ok(f"{sum(_plain(name) in here for name in pins)} of the pinned versions")


def clock(patient: Patient) -> Finding:
    """The wall clock runs like the monotonic one, and nothing was written in its future."""
    wall, steady = time.time_ns(), time.monotonic_ns()
    time.sleep(WATCHED_S)
    drift = (time.time_ns() - wall) - (time.monotonic_ns() - steady)
    if abs(drift) > MOST_DRIFT_NS:
        return breached(f"moved by {drift / 1e6:+.1f} ms within {WATCHED_S:g} s", SET_CLOCK)
    newest, name = max(_dates(patient.home), default=(0, ""))
    ahead_s = (newest - patient.clock.now()) / SECOND
    if ahead_s > MOST_AHEAD_S:
        told = f"files here are dated {ahead_s:.0f} s in the future of this clock: {name}"
        return breached(told, f"{SET_CLOCK}; find {' '.join(_there(patient.home))} -newermt now -exec touch {{}} +")
    return ok(f"{drift / 1e6:+.2f} ms against monotonic time in {WATCHED_S:g} s, nothing dated in its future")


def disk(patient: Patient) -> Finding:
    """There is room for journals, and for new files."""
    free, inodes = shutil.disk_usage(patient.home).free, os.statvfs(patient.home)
    shown = f"{free / (1 << 30):.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        return breached(
            f"{shown}, wanted is {LEAST_FREE_BYTES >> 30}", f"du -xh --max-depth=3 {patient.home} | sort -h | tail -20"
        )
    if inodes.f_files and inodes.f_favail < LEAST_FREE_INODES:
        return breached(
            f"{inodes.f_favail} files can still be made, wanted are {LEAST_FREE_INODES}",
            f"du -x --inodes --max-depth=3 {patient.home} | sort -n | tail -20",
        )
    return ok(shown)


def user(patient: Patient) -> Finding:
    """Live trading is not run by root."""
    if not is_root():
        return ok(f"user {os.geteuid()}")
    if patient.trades_live:
        return blocked("root: live is refused to it", "runuser -u NAME -- golive doctor")
    return ok("root (live is refused to it)")


def process(_: Patient) -> Finding:
    """What this process makes is its user's alone, and a crash leaves no memory on the disk."""
    umask = os.umask(0o077)
    os.umask(umask)
    core = resource.getrlimit(resource.RLIMIT_CORE)[0]
    if umask & 0o077 != 0o077 or core != 0:
        return breached(f"umask {umask:03o}, core dumps up to {core} bytes", "golive doctor")
    return ok(f"umask {umask:03o}, no core dump")


def permissions(patient: Patient) -> Finding:
    """Secrets are this user's alone; configuration, strategies and registers nobody else's to change."""
    found = trespasses(patient.home)
    if found:
        told = _few([f"{each.path}: {each.what}" for each in found])
        return blocked(told, "; ".join(dict.fromkeys(_MANNERS.sub("", each.mend) for each in found[:SHOWN])))
    return ok("owners and modes are right")


def writable(patient: Patient) -> Finding:
    """Whatever a session writes has a place that takes it."""
    places = [patient.home / name for name in WRITTEN]
    refused = [each.name for each in places if not os.access(each if each.exists() else patient.home, os.W_OK | os.X_OK)]
    is_read_only = bool(os.statvfs(patient.home).f_flag & os.ST_RDONLY)
    if is_read_only:
        refused = list(WRITTEN)
    if refused:
        return blocked(f"cannot be written: {_few(refused)}", of_places(patient.home, refused, is_read_only=is_read_only))
    return ok(f"{', '.join(WRITTEN)}")


def ports(patient: Patient) -> Finding:
    """The port of the metrics is free, or it is Golive that serves there."""
    prometheus = patient.configuration.runtime.observability.prometheus
    if not prometheus.enabled:
        return not_applicable("metrics are not served")
    where = f"{prometheus.host}:{prometheus.port}"
    with socket.socket(socket.AF_INET6 if ":" in prometheus.host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((prometheus.host, prometheus.port))
        except PermissionError as exc:
            return blocked(f"{where}: {exc.strerror}", "choose another observability.prometheus.port")
        except OSError:
            if _is_golive(prometheus.host, prometheus.port, prometheus.path):
                return ok(f"{where} is served by golive")
            return breached(f"{where} is taken by another program", f"ss -ltnp 'sport = :{prometheus.port}'")
    return ok(f"{where} is free")


def _is_golive(host: str, port: int, path: str) -> bool:
    connection = HTTPConnection(host, port, timeout=1.0)
    try:
        connection.request("GET", path)
        return b"bot_exchange_" in connection.getresponse().read(1 << 20)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _there(home: Path) -> list[str]:
    return [place for place in DATED if (home / place).is_dir()]


def _dates(home: Path) -> Iterator[tuple[int, str]]:
    """Yield when files of this installation were written last, ns UTC, and their names; of many only the first."""
    seen = 0
    for place in DATED:
        for folder, _, files in os.walk(home / place):
            for name in files:
                seen += 1
                if seen > MOST_FILES:
                    return
                try:
                    path = os.path.join(folder, name)  # noqa: PTH118 - thousands of them
                    yield os.lstat(path).st_mtime_ns, path
                except OSError:
                    continue


def _required() -> list[str]:
    try:
        lines = requires("golive") or []
    except PackageNotFoundError:
        return []
    return [found[0] for line in lines if "extra ==" not in line and (found := _NAME.match(line))]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _few(texts: list[str]) -> str:
    more = f", and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more
