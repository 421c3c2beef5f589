#!/usr/bin/env python3
"""Has sslyze (Mozilla's profile "intermediate") and testssl.sh judge a server of ours, and says what of it stands.

    python scripts/judge_tls.py build                                       # sslyze, in an environment of its own
    python scripts/judge_tls.py scan localhost:50051 --bundle secrets/mtls  # both; --quick: attacks alone by testssl.sh

sslyze pins a `cryptography` that is not ours, so it lives below `JUDGES` or the user's cache. Both judges show the client's
certificate of the bundle. Exit code: 0 nothing stands against the server, 4 something does, 6 a judge is missing or has not
finished.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SSLYZE: Final = "6.3.1"
PINNED: Final = (
    f"sslyze=={SSLYZE}", "annotated-types==0.8.0", "cffi==2.1.1", "cryptography==46.0.7", "nassl==5.4.0", "pycparser==3.12",
    "pydantic==2.14.3", "pydantic-core==2.50.4", "tls-parser==2.0.2", "typing-extensions==4.16.0", "typing-inspection==0.4.5",
)  # fmt: skip
PROFILE: Final = "intermediate"
"""TLS 1.2 and 1.3. gRPC offers Python no way to leave 1.2 out, which "modern" would have"""
_UNASKED: Final = (
    r"(?:client x509-based authentication prevents this|check couldn't be performed because of client authentication)"
)
_WHY_UNASKED: Final = "testssl.sh gives up where a certificate is asked for; sslyze shows one and looks at renegotiation"
KNOWN: Final[Mapping[str, tuple[str, str]]] = {
    "sslyze tls_curves": (
        r"TLS curves \{'secp521r1'\} are supported",
        "gRPC's list of groups is compiled in and has P-521 last. It is no weaker than the others",
    ),
    "sslyze certificate_path_validation": (
        r"Certificate path validation failed for O=Golive\. .*: unsupported name constraint$",
        "the library below sslyze knows no constraints of URIs; openssl and gRPC do, and follow the chain",
    ),
    "testssl cipher_order": (
        r"NOT a cipher order configured",
        "Mozilla's profile asks for none: every suite is AEAD with forward secrecy, and the client knows its hardware",
    ),
    "testssl cert_revocation": (
        r"Neither CRL nor OCSP URI provided",
        "an authority of our own: certificates live 7 days at most, and the register of revocations is asked on every call",
    ),
    "testssl engine_problem": (r"No engine or GOST support", "about the openssl that asks, not about the server"),
    "testssl secure_client_renego": (_UNASKED, _WHY_UNASKED),
    "testssl sessionresumption_ticket": (_UNASKED, "resumed or not, every call is asked for its certificate and revocation"),
    "testssl sessionresumption_ID": (_UNASKED, "resumed or not, every call is asked for its certificate and revocation"),
    "testssl BREACH": (_UNASKED, "no HTTP bodies are compressed: it speaks gRPC"),
}
"""what a judge says and does not stand: pattern of its words, and why"""
ATTACKS: Final = frozenset(
    {
        "heartbleed", "CCS", "ROBOT", "secure_renego", "CRIME_TLS", "POODLE_SSL", "fallback_SCSV", "SWEET32", "FREAK", "DROWN",
        "LOGJAM", "BEAST", "LUCKY13", "RC4",
    }
)  # fmt: skip
WHOLE: Final = ATTACKS | {
    "SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "cipherlist_NULL", "cipherlist_STRONG", "cert_chain_of_trust", "PFS",
}  # fmt: skip
"""what testssl.sh must have looked at"""
_DAYS_LEFT: Final = {"DAYS2WARN1": "2", "DAYS2WARN2": "1"}
"""when testssl.sh warns of an end; by itself 60 and 30 days, which no certificate of ours lives"""
_SECONDS: Final = 170


class CannotSay(Exception):
    """A judge is missing or did not finish."""


@dataclass(frozen=True)
class Finding:
    """What a judge holds against a server."""

    name: str
    text: str

    @property
    def why_it_stands_not(self) -> str:
        """Empty when it stands."""
        pattern, why = KNOWN.get(self.name, ("", ""))
        return why if pattern and re.match(pattern, self.text) else ""


@dataclass(frozen=True)
class Bundle:
    """A folder as `generate_mtls_bundle.py` fills it."""

    folder: Path

    def file(self, name: str) -> str:
        path = self.folder.resolve() / f"core-oem-{name}.pem"
        if not path.is_file():
            raise CannotSay(f"{path}: not there; run first: scripts/generate_mtls_bundle.py generate")
        return str(path)


def environment() -> Path:
    named, cache = os.environ.get("JUDGES"), os.environ.get("XDG_CACHE_HOME")
    folder = Path(named) if named else (Path(cache) if cache else Path.home() / ".cache") / "golive" / "judges"
    return folder / f"sslyze-{SSLYZE}"


def sslyze_program() -> Path | None:
    """Return where sslyze is, None when it was not built."""
    place = environment()
    return place / "bin/sslyze" if (place / ".installed").exists() else None


def testssl_program() -> str | None:
    return shutil.which("testssl") or shutil.which("testssl.sh")


def build() -> None:
    """Make the environment of sslyze; CannotSay when that fails."""
    place = environment()
    if sslyze_program() is not None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    install = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINNED]
    for command in ([sys.executable, "-m", "venv", "--clear", str(place)], install):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotSay(f"sslyze could not be installed: {done.stderr.strip()[-300:]}")
    (place / ".installed").touch()


def by_sslyze(target: str, shown: Sequence[str] = ()) -> list[Finding]:
    """Return what keeps the server from Mozilla's profile; `shown`: sslyze's options of certificates."""
    program = sslyze_program()
    if program is None:
        raise CannotSay("sslyze is not there; run first: python scripts/judge_tls.py build")
    command = [str(program), f"--mozilla_config={PROFILE}", *shown, target]
    said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_SECONDS).stdout
    verdict = said.partition("COMPLIANCE AGAINST TLS CONFIGURATION")[2]
    if ": OK - Compliant" in verdict:
        return []
    found = [Finding(f"sslyze {name}", text) for name, text in re.findall(r"^ +\* (\w+): (.+)$", verdict, re.MULTILINE)]
    if not found:
        raise CannotSay(f"sslyze came to no verdict: {said.strip()[-400:]}")
    why = re.search(r"Supplied CA file CA Store .*?(FAILED - .+)$", said, re.MULTILINE)
    return [
        Finding(each.name, f"{each.text} {why[1]}") if why and each.name == "sslyze certificate_path_validation" else each
        for each in found
    ]


def by_testssl(target: str, bundle: Bundle, *, quick: bool) -> list[Finding]:
    """Return what testssl.sh holds against the server: everything above INFO; `quick`: its list of attacks alone."""
    program, openssl = testssl_program(), shutil.which("openssl")
    if program is None or openssl is None:
        raise CannotSay("testssl.sh and openssl (Debian packages of these names) are not both installed")
    with tempfile.TemporaryDirectory() as folder:
        shows = Path(folder) / "openssl"  # this version of testssl.sh cannot show a certificate; its openssl can
        words = f'-cert "{bundle.file("client")}" -key "{bundle.file("client-key")}"'
        shows.write_text(f'#!/bin/sh\n[ "$1" = s_client ] && exec {openssl} "$@" {words}\nexec {openssl} "$@"\n')
        shows.chmod(0o700)
        told = Path(folder) / "told.json"
        command = [
            program, "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--ip", _address(target),
            "--openssl", str(shows), "--add-ca", bundle.file("ca"), "--jsonfile", str(told), *(["-U"] if quick else []), target,
        ]  # fmt: skip
        subprocess.run(
            command,
            check=False,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, **_DAYS_LEFT},
            stdin=subprocess.DEVNULL,
        )
        try:
            rows = json.loads(told.read_text())
        except (OSError, ValueError) as exc:
            raise CannotSay(f"testssl.sh came to no verdict: {exc}") from exc
    unseen = (ATTACKS if quick else WHOLE) - {row["id"] for row in rows}
    if unseen:
        raise CannotSay(f"testssl.sh did not look at {', '.join(sorted(unseen))}")
    return [Finding(f"testssl {row['id']}", row["finding"]) for row in rows if row["severity"] not in ("OK", "INFO", "DEBUG")]


def _address(target: str) -> str:
    """Return the first IPv4 address of the target, which testssl.sh is told, so that it asks no name server."""
    host, _, port = target.rpartition(":")
    try:
        return str(socket.getaddrinfo(host, port, socket.AF_INET)[0][4][0])
    except OSError as exc:
        raise CannotSay(f"{target}: {exc.strerror or exc}") from exc


def client_options(bundle: Bundle) -> list[str]:
    """Return how sslyze shows the client's certificate and whom it believes."""
    return ["--cert", bundle.file("client"), "--key", bundle.file("client-key"), "--certinfo_ca_file", bundle.file("ca")]


def scan(target: str, bundle: Bundle, *, quick: bool) -> int:
    """Print what both judges say; return the exit code."""
    code = 0
    judges: dict[str, Callable[[], list[Finding]]] = {
        "sslyze": lambda: by_sslyze(target, client_options(bundle)),
        "testssl.sh": lambda: by_testssl(target, bundle, quick=quick),
    }
    for name, judge in judges.items():
        try:
            found = judge()
        except (CannotSay, subprocess.TimeoutExpired) as exc:
            print(f"unknown   {name}: {exc}")
            code = code or 6
            continue
        for each in found:
            why = each.why_it_stands_not
            print(f"{'known' if why else 'against':<9} {each.name}: {each.text}{f' ({why})' if why else ''}")
            code = code if why else 4
        print(f"{'done':<9} {name}: {sum(not each.why_it_stands_not for each in found)} against the server")
    return code


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Have sslyze and testssl.sh judge a server of ours.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="install sslyze into an environment of its own")
    scanner = commands.add_parser("scan", help="judge a server that runs")
    scanner.add_argument("target", metavar="HOST:PORT")
    scanner.add_argument("--bundle", type=Path, default=Path("secrets/mtls"))
    scanner.add_argument("--quick", action="store_true", help="of testssl.sh its list of attacks alone")
    given = parser.parse_args(words)
    try:
        if given.command == "build":
            build()
            return 0
        return scan(given.target, Bundle(given.bundle), quick=given.quick)
    except CannotSay as exc:
        print(f"judge_tls.py: {exc}", file=sys.stderr)
        return 6


if __name__ == "__main__":
    sys.exit(main())
