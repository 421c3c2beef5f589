"""Seeds are fixed in every run; `make proof` (GOLIVE_PROOF=1) draws many more examples, from a new seed each time."""

from __future__ import annotations

import gc
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.junitxml import xml_key  # the public fixture would have to run in every session, and not under xdist
from hypothesis import HealthCheck, settings

from golive.model import redaction
from support import derived_once

settings.register_profile("fixed", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("proof" if os.environ.get("GOLIVE_PROOF") == "1" else "fixed")

os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # never the keyring of whoever runs the tests
derived_once.begin()

TESTS = Path(__file__).parent
LONGEST = (
    "crash/test_kill_okx.py",
    "crash/test_kill_bybit.py",
    "crash/test_kill_kraken.py",
    "crash/",
    "e2e/test_demo_paper.py",
    "e2e/",
    "runtime/download/",
    "integration/exchanges/",
)
"""files, or folders of them, that take longest, the longest first"""


def _place(item: pytest.Item) -> int:
    name = item.path.relative_to(TESTS).as_posix()
    return next((place for place, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first: a file stays in one process, and one that began last would run alone."""
    items.sort(key=_place)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say in a JUnit file of which sources it is: `golive named-tests run --junit` takes it for those alone."""
    xml = session.config.stash.get(xml_key, None)
    if xml is not None:
        from golive.runtime.code_version import code_version
        from golive.runtime.named_tests.result import CODE_VERSION, REVISION

        head = ["git", "-C", str(TESTS), "rev-parse", "HEAD"]
        done = subprocess.run(head, capture_output=True, text=True, check=False)
        xml.add_global_property(CODE_VERSION, code_version())
        xml.add_global_property(REVISION, done.stdout.strip())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector the thousands of tests: it would go through them again and again, and all are kept."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def own_secrets() -> Iterator[None]:
    """Forget after each test the secrets that it made: another one may use such a value as an ordinary word."""
    guarded, forms = dict(redaction._guarded), redaction._forms
    yield
    redaction._guarded.clear()
    redaction._guarded.update(guarded)
    redaction._forms = forms
