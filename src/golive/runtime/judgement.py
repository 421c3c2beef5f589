"""From everything a session found out to its verdict; adds the warning that names each reason."""

from __future__ import annotations

from typing import Final

from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import to_iso
from golive.model.decision import DecisionCode
from golive.model.verdict import Verdict
from golive.observability.guardrails import Guardrails, queue_status
from golive.observability.status import Decision, decide_status
from golive.observability.windows import Evaluation

from .broken import EXCHANGE_METRICS, IO_QUEUE, verdicts_before
from .facts import SessionFacts
from .plan import Plan

NOT_JUDGED: Final = "it only looks; what the readiness checklist comes to is said by golive gate status"


def judge(plan: Plan, facts: SessionFacts, evaluation: Evaluation, guardrails: Guardrails) -> Decision:
    """Return how the session ended: the worst of exchange metrics, loss limits, host, I/O queue, market and journal."""
    measured = exchange_verdicts(plan, evaluation) if facts.live is None else _live(facts)
    verdicts: list[str] = [*measured, *_loss_limits(plan, facts), *_io_queue(plan, facts, guardrails)]
    verdicts += [*_host(plan, facts), *_emergencies(facts), *verdicts_before(plan, facts.broken_before)]
    _say_who_is_not_judged(plan, facts, evaluation)
    if facts.venue_lost or facts.engine is None:
        verdicts.append(Verdict.UNKNOWN)
    elif facts.engine.is_warming_up:
        verdicts.append(Verdict.UNKNOWN)
        facts.warn(f"{facts.engine.candles} closed candles: the strategy never left its warm-up, so nothing was decided")
    elif not facts.has_run:
        why = "auto-trade is off" if plan.read_only is not None else "nobody has confirmed it"
        why = "emergency mode was on" if facts.emergencies else why
        facts.warn(f"nothing was to be ordered, because {why}: the session opens no further stage")
    elif facts.was_refused_everything:
        facts.warn("orders were asked for and not one was allowed: the session opens no further stage")
    if not plan.opens_a_stage and not plan.is_live_dry_run:
        facts.warn(f"--scope selected monitored {plan.entrypoint.name} alone: the session opens no further stage")
    if plan.is_live_dry_run:
        # What only a gate may say; monitored paper venues and limits of an account that cannot trade say nothing about it.
        verdicts = [Verdict.UNKNOWN, *_emergencies(facts)]
        facts.warn(f"dry run of {plan.entrypoint.name}: {NOT_JUDGED}")
    return decide_status(
        verdicts,
        phase=evaluation.phase,
        allow_unknown=plan.options.allow_unknown,
        blocked=facts.blocked is not None,
        validation_failed=facts.validation_failed,
        internal_error=facts.internal_error,
    )


def _live(facts: SessionFacts) -> list[str]:
    """Return how orders that really left judge the session; the paper venues beside it say nothing of that.

    Live trading that was ended early, or a ledger that the venue does not agree with, blocks. What became of an order must be
    known.
    """
    if facts.live is None:
        return []
    verdicts: list[str] = [Verdict.OK if facts.live_ended is None else Verdict.BLOCKED]
    if unclear := facts.live.unclear:
        facts.err(f"the outcome of {len(unclear)} orders is not known: {', '.join(unclear[:3])}; run golive reconcile")
        verdicts.append(Verdict.UNKNOWN)
    return verdicts


def exchange_verdicts(plan: Plan, evaluation: Evaluation) -> list[str]:
    """Return what the exchange metrics say of the entrypoints whose trading profile lists `paper_exchange_metrics`."""
    if not _not_judged_by_metrics(plan):
        return [evaluation.status]
    judging = [each.name for each in _monitored(plan) if EXCHANGE_METRICS in each.guardrails]
    return [evaluation.statuses.get(name, Verdict.UNKNOWN) for name in judging] or [Verdict.NOT_APPLICABLE]


def _monitored(plan: Plan) -> list[ResolvedEntrypoint]:
    return [each for each in (plan.entrypoint, *plan.others) if each.environment_type == "paper"]


def _not_judged_by_metrics(plan: Plan) -> list[ResolvedEntrypoint]:
    return [each for each in _monitored(plan) if EXCHANGE_METRICS not in each.guardrails]


def _say_who_is_not_judged(plan: Plan, facts: SessionFacts, evaluation: Evaluation) -> None:
    for each in _not_judged_by_metrics(plan):
        status = evaluation.statuses.get(each.name, Verdict.UNKNOWN)
        end = "" if status == Verdict.OK else f"; it is {status}, so the session opens no further stage"
        facts.warn(
            f"[paper:{each.name}] its metrics do not judge the run: execution.trading_profiles.{each.trading_profile}.guardrails "
            f"does not list {EXCHANGE_METRICS}{end}"
        )


def _loss_limits(plan: Plan, facts: SessionFacts) -> list[str]:
    """A stop that was reached, or that is 0 and so was at its limit all the time."""
    if facts.engine is None:
        return []
    where, breaches = f"[risk:{plan.entrypoint.name}]", facts.engine.breaches
    for breach in breaches:
        facts.warn(f"{where} {breach.limit} reached: {breach.used} of {breach.allowed} allowed")
    told = {breach.limit for breach in breaches}
    at_once = [use for use in facts.engine.risk.uses() if use.band == "breach" and use.limit not in told]
    for use in at_once:
        facts.warn(f"{where} {use.limit} reached: {use.used} of {use.allowed} allowed; nothing that increases risk ever is")
    return [Verdict.BREACHED for _ in (*breaches, *at_once)]


def _host(plan: Plan, facts: SessionFacts) -> list[str]:
    """A loss limit of all together that held is one that was reached; a session that nobody let trade is evidence of nothing."""
    host, where = facts.host, f"[risk:{plan.entrypoint.name}]"
    for text in host.stops.values():
        facts.err(f"{where} {text}")
    if host.stops:
        return [Verdict.BREACHED]
    decisions = {} if facts.engine is None else facts.engine.decisions
    refused, allowed = decisions.get(DecisionCode.RISK_CROSS_ENTRYPOINT, 0), decisions.get(DecisionCode.APPROVED, 0)
    if not host.unknown or (host.was_known and not (refused and not allowed)):
        return []
    facts.err(
        f"{where} what {host.unknown} is worth was not known, so nothing that increases risk was allowed "
        f"({refused} orders refused as RISK_CROSS_ENTRYPOINT); golive risk status says what is missing"
    )
    return [Verdict.UNKNOWN]


def _emergencies(facts: SessionFacts) -> list[str]:
    """A session that was in emergency mode at any time is breached, and opens nothing."""
    for mode in facts.emergencies:
        facts.warn(f"[emergency:{mode.scope}] on since {to_iso(mode.since)} by {mode.operator}: {mode.reason}")
    return [Verdict.BREACHED for _ in facts.emergencies]


def _io_queue(plan: Plan, facts: SessionFacts, guardrails: Guardrails) -> list[str]:
    """An entrypoint whose trading profile lists `io_queue` is judged by its queue as well: any time-out breaches."""
    judging = [(each.environment, each.io.queue) for each in (plan.entrypoint, *plan.others) if IO_QUEUE in each.guardrails]
    for summary in guardrails.summaries:
        if summary.timeout_total and (summary.environment, summary.queue) in judging:
            facts.warn(f"[io_queue:{summary.queue}] {summary.timeout_total} calls timed out in {summary.environment}")
    return [queue_status(environment, queue, guardrails.summaries) for environment, queue in judging]
