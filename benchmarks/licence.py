"""Time of judging a licence: four envelopes opened and compared, marks, fingerprint; and the same with the machine read first."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from golive.config.licensing_section import Licensing
from golive.model.clock import DAY, Clock
from golive.runtime.clock import SystemClock
from golive.runtime.licence.desk import LicenceDesk
from golive.runtime.licence.issuance import IssuerDesk, Terms, make_signing_key
from golive.security.licence.fault import Document
from golive.security.licence.fingerprint import Fingerprint, digests
from golive.security.licence.issuer_key import IssuerKey
from golive.security.licence.judge import Standing, Wanted, judge
from golive.security.licence.machine import machine_factors

GOAL_MS = 5.0
ROUNDS = 400
_WANTED = Wanted(("desktop", "okx"), live=True)


def issued(home: Path, clock: Clock) -> LicenceDesk:
    """Return a desk whose installation has a licence for live of an issuer of its own."""
    _, public = make_signing_key(home / "issuer.key")
    salt = "5a" * 32
    factors = digests({**machine_factors(), "machine_id": "0123456789abcdef", "board": "PF3X99"}, salt)
    fingerprint = Fingerprint(device="d" * 32, issued=clock.now() // DAY * DAY, salt=salt, required=2, factors=factors)
    terms = Terms(
        issuer="dudzian", customer="Acme", profiles=("desktop", "okx"), environments=("paper", "live"), modules=(), days=365
    )  # fmt: skip
    IssuerDesk(home, home / "issuer.key", clock).issue(terms, fingerprint, home / "out")
    desk = LicenceDesk(
        home=home, licensing=Licensing(), clock=clock, issuers=(IssuerKey("dudzian", bytes.fromhex(public)),)
    )  # fmt: skip
    names = {
        Document.LICENCE: "license.json", Document.FINGERPRINT: "fingerprint.json", Document.REVOCATIONS: "revocations.json",
        Document.EXPECTED: "fingerprint.expected.json",
    }  # fmt: skip
    desk.install({document: (home / "out" / name).read_bytes() for document, name in names.items()})
    return desk


def median_ms(work: Callable[[], object]) -> float:
    """Return the median of `ROUNDS` runs, in milliseconds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        work()
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / 1e6


def figures() -> tuple[float, float]:
    """Return what judging takes, and reading files and machine as well, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        desk = issued(Path(folder), clock)
        held, rules = desk.held(), desk.rules()
        machine = {**held.factors, "machine_id": "0123456789abcdef", "board": "PF3X99"}
        held = replace(held, factors=machine)
        assert judge(held, rules, clock.now(), _WANTED).standing is Standing.VALID
        judged = median_ms(lambda: judge(held, rules, clock.now(), _WANTED))
        return judged, median_ms(lambda: judge(desk.held(), desk.rules(), clock.now(), _WANTED))


def main() -> int:
    """Print the figures; exit 1 when the goal is missed."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    judged, whole = figures()
    print(f"licence, list and fingerprints judged   {judged:.3f} ms   goal < {GOAL_MS:g} ms")
    print(f"files and machine read first            {whole:.3f} ms   goal < {GOAL_MS:g} ms")
    return 0 if max(judged, whole) < GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
