"""The walk to a rehearsal, by our own commands alone: from people and secrets to an open gate, and what is behind it."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from golive.readiness.named_tests import NAMED
from golive.runtime.code_version import code_version
from golive.runtime.named_tests.result import CODE_VERSION
from support.alert_services import Webhook, webhook
from support.forked_golive import ForkedHome
from support.golive_process import Finished
from support.live_session import FLIP, LIMITS
from support.rehearsal import QUOTES, add_live_entrypoint
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

PASSPHRASE: Final = "violet anchors drift slowly"
PEOPLE: Final = {
    "sue": ("secops",),
    "carl": ("compliance",),
    "rita": ("risk",),
    "ruth": ("runtime",),
    "olga": ("oem",),
    "otto": ("operator", "oncall"),
    "lena": ("live_activator",),
    "sam": ("sre", "data", "ai", "ui"),
}
SIGNS_AS: Final = {"secops": "security"}
DIALECT: Final = "okx"
LIVE: Final = f"{DIALECT}_desktop_live"
RUNBOOKS: Final = ("PAPER_TO_LIVE_RUNBOOK", "LIVE_EXECUTION_CHECKLIST")
STAGES: Final = ("DEMO_PAPER_LIVE_CHECKLIST", "STAGE6_RESILIENCE_CHECKLIST", "STAGE6_PORTFOLIO_CHECKLIST")


@dataclass
class Walk:
    """An installation on its way, and the venue that it rehearses at."""

    home: ForkedHome
    venue: VenueProcess
    key: VenueKey
    channels: Webhook
    dialect: str = DIALECT
    took: list[tuple[float, str]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.home.path

    @property
    def live(self) -> str:
        return f"{self.dialect}_desktop_live"

    @property
    def paper(self) -> str:
        return f"{self.dialect}_desktop_paper"

    @property
    def environment(self) -> str:
        return f"{self.dialect}_live"

    @property
    def symbol(self) -> str:
        return f"BTC/{QUOTES[self.dialect]}"

    def golive(self, *words: str, typed: str = "", code: int | None = 0) -> Finished:
        """Run a command, with what is typed at its prompts; `code` None: whatever it ends in."""
        began = time.monotonic()
        done = self.home.typed(typed, *words)
        self.took.append((time.monotonic() - began, " ".join(words[:3])))
        assert code is None or done.code == code, f"golive {' '.join(words)}: exit {done.code}\n{done.stdout}\n{done.stderr}"
        return done

    def by(self, person: str, *words: str, typed: str = "", code: int | None = 0) -> Finished:
        """Run a command in somebody's name, who types their passphrase first."""
        return self.golive(*words, "--operator", person, typed=f"{PASSPHRASE}\n{typed}", code=code)

    # -- the walk, in its order -------------------------------------------------------------------------------------

    def people(self) -> None:
        self.golive("operator", "add", "sue", "--role", "secops", typed=f"{PASSPHRASE}\n")
        for name, roles in PEOPLE.items():
            if name != "sue":
                words = [word for role in roles for word in ("--role", role)]
                self.by("sue", "operator", "add", name, *words, typed=f"{PASSPHRASE}\n")

    def secrets(self) -> None:
        for name in ("alert_oem_live", "alert_sec_alerts"):
            self.by("sue", "secrets", "set", name, typed=f"{self.channels.url}\n")
        fields = (self.key.api_key, self.key.secret, self.key.password)
        typed = "".join(f"{each}\n" for each in fields if each)  # a venue without a password asks for none
        self.by("sue", "secrets", "rotate", f"{self.dialect}_live_trading", "--ip", "127.0.0.1", typed=typed)

    def certificates(self) -> None:
        self.by("sue", "mtls", "generate", typed="the authority keeps this one\n")
        self.golive("mtls", "verify")

    def sessions(self) -> None:
        self.golive("run", "--mode", "demo", "--entrypoint", self.paper)
        self.golive("run", "--mode", "paper", "--entrypoint", self.paper, "--speed", "1", "--max-runtime", "12")

    def data(self) -> None:
        of = ("--environment", self.environment, "--symbol", self.symbol)
        seconds, now = self.path / "seconds.csv", int(time.time())
        seconds.write_text("timestamp,open,high,low,close,volume\n" + "".join(_second(now - n) for n in range(90_000, 0, -1)))
        self.golive("data", "import", str(seconds), *of, "--timeframe", "1s")
        self.golive("data", "snapshot", "--environment", self.environment)

    def rules(self) -> None:
        self.golive("metrics", "rules")

    def signatures(self) -> None:
        paper = self.path / "kyc.pdf"
        paper.write_bytes(b"%PDF who we are")
        keys = self.path / "offline.md"
        keys.write_text("where the keys are when the network is not")
        for name in ("carl", "sue", "rita"):
            self.by(name, "signoff", "key")
        for kind, file in (("kyc", paper), ("offline_access", keys)):
            self.by("carl", "compliance", "document", "add", str(file), "--exchange", self.dialect, "--kind", kind)
        for name, role in (("carl", "compliance"), ("sue", "security"), ("rita", "risk")):
            words = ("--entrypoint", self.live, "--role", role, "--document", str(paper), "--expires", _in_days(30), "--write")
            self.by(name, "signoff", "add", *words)
        self.golive("signoff", "check", "--entrypoint", self.live)

    def freeze(self) -> None:
        self.by("ruth", "freeze")

    def alerts(self) -> None:
        self.golive("alerts", "selftest", "--severity", "critical")

    def licence(self) -> None:
        self.golive("provision", "--verify")

    def named_tests(self) -> None:
        """Hand in the result of a test run of this code, as a build hands it in."""
        junit = self.path / "junit.xml"
        junit.write_text(_junit())
        self.golive("named-tests", "run", "--junit", str(junit))

    def reconcile(self) -> None:
        self.golive("reconcile", "--entrypoint", self.live)

    def dry_run(self) -> None:
        """Start what may not trade, which brings the late steps; its verdict is unknown, because the checklist is not green."""
        self.golive("run", "--mode", "live", "--read-only", "--entrypoint", self.live, "--max-runtime", "4", code=6)

    def announce(self) -> None:
        self.by("otto", "window", "announce", "--entrypoint", self.live, "--starts-at", _ago(-3600), "--on-call", "otto")

    def runbooks(self, names: Sequence[str] = RUNBOOKS) -> None:
        """Let machines do what they can, and everybody confirm what waits for them."""
        for name in names:
            self.golive("runbook", "run", name, *self.about(name), code=None)
            shown = self.shown(name)
            for person, roles in PEOPLE.items():
                held = {SIGNS_AS.get(role, role) for role in roles}
                waiting = [item["id"] for item in shown["items"] if any(_waits(each, held) for each in item["bound"])]
                if waiting:
                    words = [word for each in waiting for word in ("--confirm", each)]
                    self.by(person, "runbook", "run", name, *self.about(name), *words, code=None)

    def about(self, name: str) -> tuple[str, ...]:
        """Return what a book is about that names no entrypoint itself."""
        return () if name.endswith("_go_live") else ("--entrypoint", self.live)

    def shown(self, name: str) -> dict[str, Any]:
        """Return what is known of each box of a book."""
        done = self.golive("runbook", "show", name, *self.about(name), "--json", code=None)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    # -- behind it --------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return what the gate says."""
        document: dict[str, Any] = json.loads(
            self.golive("gate", "status", "--env", self.environment, "--json", code=None).stdout
        )
        return document

    def open_gate(self) -> Finished:
        """Let two people of different roles open it."""
        words = ("gate", "open", "--env", self.environment, "--operator", "lena", "--second", "carl")
        return self.golive(*words, typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")

    def trade(self, seconds: int) -> dict[str, Any]:
        """Trade live for a while and return the report."""
        self.by("otto", "autotrade", "on", "--entrypoint", self.live)
        words = ("run", "--mode", "live", "--entrypoint", self.live, "--max-runtime", str(seconds), "--json")
        report: dict[str, Any] = json.loads(self.golive(*words).stdout)
        return report

    def close_window(self) -> dict[str, Any]:
        words = ("window", "close", "--entrypoint", self.live, "--no-dashboards", "--json")
        summary: dict[str, Any] = json.loads(self.by("otto", *words, code=None).stdout)
        return summary


STEPS: Final[Sequence[Callable[[Walk], None]]] = (
    Walk.people,
    Walk.secrets,
    Walk.certificates,
    Walk.sessions,
    Walk.data,
    Walk.rules,
    Walk.signatures,
    Walk.freeze,
    Walk.alerts,
    Walk.licence,
    Walk.named_tests,
    Walk.reconcile,
    Walk.dry_run,
    Walk.announce,
    Walk.runbooks,
)


@contextlib.contextmanager
def walking(path: Path, dialect: str = DIALECT) -> Iterator[Walk]:
    """Yield an installation in which nothing was done yet but its configuration; its venue and its channels run."""
    key = new_key(dialect=dialect, ip_allowlist=("127.0.0.1",))
    flags = ("--no-limits", "--balance", f"{QUOTES[dialect]}=100000", "--history", "1600")
    with venue_process(*flags, dialect=dialect, keys=[key], speed="1") as venue, webhook() as channels:
        home = ForkedHome(path)
        home.env.pop("GOLIVE__OBSERVABILITY__PROMETHEUS__PORT")
        home.env["COLUMNS"] = "160"
        folder = path / "credentials"
        folder.mkdir()
        credential = folder / "golive-vault"
        credential.write_text("a vault that nobody guesses")
        credential.chmod(0o400)
        home.env["CREDENTIALS_DIRECTORY"] = str(folder)
        configure(home, venue.rest, dialect)
        yield Walk(home, venue, key, channels, dialect)


def configure(home: ForkedHome, base_url: str, dialect: str = DIALECT) -> None:
    """Say in the configuration what a rehearsal says: a venue on this machine, short periods, a strategy that trades."""
    add_live_entrypoint(home, dialect, base_url)
    (home.path / "strategies").mkdir()
    (home.path / "strategies/flip.py").write_text(FLIP)
    flip = 'strategies:\n  flip:\n    timeframe: "1s"\n    parameters: {position_pct: 0.04}\n'
    home.edit("core.yaml", "strategies:\n", flip)
    home.edit("runtime.yaml", "strategy: multi_strategy_default", "strategy: flip")
    for limit in LIMITS:
        home.edit("core.yaml", f"    {limit}\n", "")
    section = f"  {dialect}_desktop_live:\n    compliance:\n      live_allowed: "
    home.edit("core.yaml", f"{section}false", f"{section}true")
    head = f"    data_cache_path: var/data/{dialect}_live\n    ip_allowlist: "
    home.edit("core.yaml", f"{head}[]", f"{head}[127.0.0.1]")
    home.edit("core.yaml", "paper_days: 7", "paper_days: 0.0001")
    home.edit("core.yaml", "degrade: alert ", "degrade: auto  ")
    home.edit("core.yaml", "observation_minutes: 60", "observation_minutes: 0.05")
    runtime = home.path / "config/runtime.yaml"
    before, name, after = runtime.read_text().partition(f"    {dialect}_desktop_live:")
    runtime.write_text(before + name + after.replace("trusted_auto_confirm: false", "trusted_auto_confirm: true", 1))
    home.edit("runtime.yaml", "port: 9177", "port: 0")


def _junit() -> str:
    """Return what pytest writes of a run of the named tests in which each passed."""
    cases = []
    for test in NAMED:
        file, _, name = test.partition("::")
        classname = file.removesuffix(".py").replace("/", ".")
        cases.append(f'<testcase classname="{classname}" name="{name or "test_one_of_it"}" time="0.1" />')
    told = f'<properties><property name="{CODE_VERSION}" value="{code_version()}" /></properties>'
    suite = (
        f'<testsuite name="pytest" errors="0" failures="0" skipped="0" tests="{len(cases)}">{told}{"".join(cases)}</testsuite>'
    )
    return f'<?xml version="1.0" encoding="utf-8"?><testsuites>{suite}</testsuites>'


def _waits(bound: dict[str, Any], held: set[str]) -> bool:
    return bound["kind"] == "signoff" and bound["status"] != "ok" and bound["name"] in held


def _ago(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


def _second(at: int) -> str:
    price = 46_000 + at % 13 - at % 7
    return f"{at * 1000},{price},{price + 1},{price - 1},{price}.5,{1 + at % 7}\n"


def _in_days(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400))


def main() -> None:
    """Walk in the folder that is named, run the commands that are given, and say how long each step took."""
    with walking(Path(sys.argv[1])) as walk:
        try:
            for step in STEPS:
                step(walk)
            print(json.dumps(walk.status()["items"]))
            walk.open_gate()
            report = walk.trade(8)
            print({name: report[name] for name in ("status", "gate", "errors", "warnings", "live_execution_metrics")})
            print(json.dumps(walk.close_window(), indent=1))
            for words in sys.argv[2:]:
                done = walk.golive(*words.split(), code=None)
                print(done.code, done.stdout, done.stderr)
        finally:
            for took, words in walk.took:
                print(f"{took:6.2f} {words}")


if __name__ == "__main__":
    main()
