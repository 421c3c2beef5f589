"""What a live desk is made of: accounts, routes, risk, places and times. Values, resolved before anything is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from golive.execution.live.degradation import DegradePolicy
from golive.execution.live.route import Route
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import Clock
from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder
from golive.model.verdict import Stage
from golive.storage.keys import SigningKeys
from golive.storage.order_journal import WHOLE_ROWS
from golive.venues.ports import GuardrailSink, OpenGate
from golive.venues.profile import VenueProfile
from golive.venues.settings import AdapterSettings

from ..service_levels.tap import IndicatorTap


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """One account at one venue."""

    profile: VenueProfile
    settings: AdapterSettings
    """with credentials; its labels are those of the environment"""
    account: str
    """the environment's keychain key: which private keys trade here"""
    symbols: tuple[str, ...]
    """`BTC/USDT`: what is traded and watched"""
    required_permissions: tuple[str, ...] = ()
    """what the venue must say the key may do, before anything leaves"""
    forbidden_permissions: tuple[str, ...] = ()
    listed: Mapping[InstrumentId, Instrument] | None = None
    """what the venue listed a moment ago; None: it is asked at the start"""

    @property
    def adapter(self) -> str:
        """Name of the account everywhere: the adapter id, `okx_spot`."""
        return self.profile.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things take on our side, in seconds; the venue's are in its profile."""

    tick_s: float = 0.25
    """how often queues, streams and breakers are looked at"""
    lease_s: float = 5.0
    """a process that was stopped for so long sends nothing any more"""
    stall_s: float = 0.25
    """an order journal that takes longer lets no order out (RELIABILITY §4.5)"""
    stream_grace_s: float = 5.0
    """how long the account stream may be down before no new order leaves"""
    audit_s: float = 60.0
    """how often the account stream compares itself with the REST side"""
    ask_pause_s: float = 1.0
    ask_longest_pause_s: float = 30.0
    cancel_pause_s: float = 1.0
    """before a cancel that the venue did not take, or acknowledged without effect, is sent again"""
    amend_budget_s: float = 3.0
    """what an amendment may take, from leaving to the venue's answer"""
    recovery_pause_s: float = 0.5
    """between two comparisons of journal and venue while orders are still moving"""
    look_back_s: float = 60.0
    """how far before the last agreement a recovery reads the venue's lists again; market time of the venue"""
    recovery_rounds: int = 6
    recovery_s: float = 60.0
    """how long a start waits for a venue that cannot be asked, or for orders whose outcome is not known, counted anew with each
    page that the venue's lists go further back"""
    cover_alert_s: float = 10.0
    """how long fills may be missing that a venue has told of, before their symbol is frozen and somebody is told"""
    keep_ended_s: float = 3600.0
    """for how long an order that has ended stays in memory; what comes of it later is booked from the journal, and told"""
    close_s: float = 5.0
    """how long an end waits for answers that are on their way"""
    export_s: float = 15.0

    def scaled(self, n: int) -> Timing:
        """Return the times of a venue that runs `n` times as fast; the lease, whose clock is ours, stays."""
        names = (
            "stream_grace_s", "ask_pause_s", "ask_longest_pause_s", "cancel_pause_s", "look_back_s", "recovery_pause_s",
        )  # fmt: skip
        return replace(self, **{name: getattr(self, name) / n for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlan:
    """One desk: an entrypoint's accounts and how orders are routed among them."""

    home: Path
    stage: Stage
    """testnet, rehearsal or live"""
    entrypoint: str
    risk_profile: str
    risk_profile_digest: str
    operator: str
    code_version: str
    keys: SigningKeys
    accounts: tuple[AccountPlan, ...]
    routes: Sequence[Route]
    judge: Callable[[NewOrder], Approved | Refused]
    """risk decides an order that goes to another venue anew; it is also asked before each arming of the switch, see `proof`"""
    clock: Clock
    recorder: MemoryRecorder
    guardrails: GuardrailSink
    alert: Callable[[Alert], None]
    tap: IndicatorTap | None = None
    """told how much of each order was filled; the recorder has it, too"""
    config_sha384: str = ""
    risk_log: Path = Path("logs/risk_decisions.jsonl")
    """relative to home; shared with other sessions"""
    journal_url: str | None = None
    """`postgresql://…`; None: a file per account under home"""
    max_queue_size: int = 1024
    max_queue_wait_seconds: float = 5.0
    degrade: DegradePolicy = DegradePolicy.ALERT
    degrade_after_s: float = 30.0
    """how long an account may be unreachable before that"""
    latency_alert_ms: int = 350
    """the 95th percentile of 5 minutes above which an alert is raised"""
    fallback_alert: int = 3
    """as many orders that went to another venue within 15 minutes raise an alert"""
    dead_man_switch_seconds: int = 60
    """0: the venue's switch is not armed"""
    export_path: Path | None = Path("metrics/live_router.prom")
    """relative to home; None: no file"""
    withdraws: bool = True
    """whether a start cancels an order of ours that has ended and works after all; False: it is a row of the table"""
    proofs: Mapping[str, Callable[[], bool]] = field(default_factory=dict)
    """what must answer True before the switch is armed again, by name, besides journal, decision log and risk (`judge`)"""
    opens_blocked: bool = False
    """whether a desk opens also where journal and venue do not agree, or cannot be compared: then cancels leave, and no new
    order does"""
    timing: Timing = field(default_factory=Timing)
    verifies_whole_journal: bool = True
    """beside trading, in a process of its own, where the start did not do that: of a larger journal it verifies from the newest
    seal on
    """
    whole_rows: int | None = WHOLE_ROWS
    """a journal of up to so many rows is verified whole before anything leaves; None: of any size"""
    seed: int = 0
    """of the pauses between retries"""
    gate_pass: OpenGate | None = None
    """what the gate gave out; production is traded only with one"""
    market_time: Callable[[], int] | None = None
    """the time of the market that a session looks at, ns UTC; None: the wall clock"""
    reference_price: Callable[[ClientOrderId], str | None] = lambda name: None
    """decimal text: what a session judged an order at"""
    repeats_decisions: bool = True
    """whether the journal's decisions are repeated in the risk log, and refusals of the router stand in the journal; a session
    has written down both itself"""
