"""Every rule that ties one key to another; each looks at a draft and reports at the position of the wrong value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from golive.model.ids import InstrumentId

from .adapter_table import KNOWN_ADAPTERS, KNOWN_LABELS
from .address_check import allow_lists_are_addresses
from .alert_check import alert_channels_exist, alerts_have_one_audit, live_never_throttles_critical_alerts
from .binding import Draft, Path, path_text
from .compliance_check import compliance_is_of_entrypoints, compliance_permits_profiles_that_exist
from .endpoint import NAMED_ENDPOINTS, Endpoint, base_url_objection, endpoint_objection, parse_endpoint, sandbox_objection
from .licensing_check import licence_files_differ, live_needs_its_licence, own_issuers_are_allowed
from .live_check import (
    a_fallback_has_somewhere_to_go,
    route_names_are_unique,
    routes_refer_to_what_exists,
    the_dead_mans_switch_is_one_that_venues_take,
)
from .portfolio_check import targets_are_of_what_is_traded
from .problem import Problems, did_you_mean
from .slo_check import (
    filters_name_what_exists,
    objective_names_are_unique,
    objectives_fit_their_indicator,
    the_largest_value_is_bounded_from_above,
    warnings_come_before_breaches,
)

Rule: TypeAlias = Callable[[Draft, Problems], None]

_ENTRYPOINTS: Final = ("trading", "entrypoints")
_PAPER: Final = ("execution", "paper_profiles")
_TRADING: Final = ("execution", "trading_profiles")
_LEAST_PROBE_S: Final = 1
"""a probe that may take less would fail at venues that are well"""


def cross_check(draft: Draft, problems: Problems) -> None:
    """Apply every rule."""
    for rule in RULES:
        rule(draft, problems)


def _refer(draft: Draft, problems: Problems, path: Path, table: Path, what: str) -> None:
    """Report a name that its table does not hold; silent when the name or the whole table is already reported."""
    name, known = draft.text(*path), draft.names.get(table)
    if name is None or known is None or name in known:
        return
    fix = did_you_mean(name, known) if known else f"add it under {path_text(table)}"
    problems.add(draft.where(*path), f"{path_text(path)}: there is no {what} {name}", allowed=", ".join(sorted(known)), fix=fix)


def default_entrypoint_exists(draft: Draft, problems: Problems) -> None:
    _refer(draft, problems, ("trading", "default_entrypoint"), _ENTRYPOINTS, "entrypoint")


def entrypoints_refer_to_what_exists(draft: Draft, problems: Problems) -> None:
    tables = {"environment": "environments", "strategy": "strategies", "risk_profile": "risk_profiles"}
    for name in draft.names.get(_ENTRYPOINTS, ()):
        if name == "summary":
            position = draft.keys[(*_ENTRYPOINTS, name)]
            problems.add(position, "an entrypoint may not be called summary", fix="the report uses that name; choose another")
        for key, table in tables.items():
            _refer(draft, problems, (*_ENTRYPOINTS, name, key), (table,), key.replace("_", " "))


def paper_is_not_confirmed_automatically(draft: Draft, problems: Problems) -> None:
    for name in paper_entrypoints(draft):
        path = (*_ENTRYPOINTS, name, "trusted_auto_confirm")
        if draft.values.get(path) is True:
            message = f"{path_text(path)}: true is not allowed in a paper environment"
            problems.add(draft.where(*path), message, allowed="false", fix="the run command itself is the confirmation")


def what_requires_demo_mode_runs_in_paper(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(_ENTRYPOINTS, ()):
        path = (*_ENTRYPOINTS, name, "require_demo_mode")
        environment = draft.text(*_ENTRYPOINTS, name, "environment") or ""
        kind = draft.text("environments", environment, "environment")
        if draft.values.get(path) is True and kind not in (None, "paper"):
            message = f"{path_text(path)}: {name} may never run outside demo and paper, and {environment} is of type {kind}"
            problems.add(draft.where(*path), message, allowed="false", fix="remove the key, or name a paper environment")


def paper_entrypoints(draft: Draft) -> tuple[str, ...]:
    """Return the entrypoints whose environment is known to be of type paper."""
    return tuple(
        name
        for name in draft.names.get(_ENTRYPOINTS, ())
        if draft.text("environments", draft.text(*_ENTRYPOINTS, name, "environment") or "", "environment") == "paper"
    )


def each_paper_entrypoint_has_one_profile_of_each_kind(draft: Draft, problems: Problems) -> None:
    for table, kind in ((_PAPER, "paper profile"), (_TRADING, "trading profile")):
        profiles = draft.names.get(table)
        if profiles is None or any(draft.text(*table, p, "entrypoint") is None for p in profiles):
            continue
        for name in draft.names.get(_ENTRYPOINTS, ()):
            owned = [p for p in profiles if draft.text(*table, p, "entrypoint") == name]
            if not owned and name in paper_entrypoints(draft):
                fix = f"add one under {path_text(table)} with entrypoint: {name}"
                problems.add(draft.keys[(*_ENTRYPOINTS, name)], f"paper entrypoint {name} has no {kind}", fix=fix)
            for extra in owned[1:]:
                message = f"{name} has two {kind}s, {owned[0]} and {extra}"
                problems.add(draft.where(*table, extra, "entrypoint"), message, fix="keep one")


def profiles_agree_with_their_entrypoint(draft: Draft, problems: Problems) -> None:
    for table in (_PAPER, _TRADING):
        for profile in draft.names.get(table, ()):
            path = (*table, profile)
            _refer(draft, problems, (*path, "entrypoint"), _ENTRYPOINTS, "entrypoint")
            _refer(draft, problems, (*path, "io_queue"), ("io_queue", "exchanges"), "I/O queue")
            entrypoint = draft.text(*path, "entrypoint") or ""
            environment = draft.text(*_ENTRYPOINTS, entrypoint, "environment") or ""
            _equal(draft, problems, (*path, "adapter"), ("environments", environment, "exchange"))


def paper_profiles_agree_with_their_environment(draft: Draft, problems: Problems) -> None:
    for profile in draft.names.get(_PAPER, ()):
        path = (*_PAPER, profile)
        entrypoint = draft.text(*path, "entrypoint") or ""
        _refer(draft, problems, (*path, "environment"), ("environments",), "environment")
        _equal(draft, problems, (*path, "environment"), (*_ENTRYPOINTS, entrypoint, "environment"))
        adapter, label = draft.text(*path, "adapter"), draft.text(*path, "exchange")
        if adapter is not None and label is not None and KNOWN_ADAPTERS[adapter].label != label:
            right = KNOWN_ADAPTERS[adapter].label
            problems.add(
                draft.where(*path, "exchange"), f"{label} is not the label of {adapter}", allowed=right, fix=f"write {right}"
            )
        environment = draft.text(*_ENTRYPOINTS, entrypoint, "environment") or ""
        kind = draft.text("environments", environment, "environment")
        if kind not in (None, "paper"):
            message = f"a paper profile for {entrypoint}, whose environment {environment} is of type {kind}"
            problems.add(draft.where(*path, "entrypoint"), message, fix="remove the profile or name a paper entrypoint")


def both_profiles_of_an_entrypoint_name_one_queue(draft: Draft, problems: Problems) -> None:
    queues = {draft.text(*_TRADING, name, "entrypoint"): (*_TRADING, name, "io_queue") for name in draft.names.get(_TRADING, ())}
    for profile in draft.names.get(_PAPER, ()):
        other = queues.get(draft.text(*_PAPER, profile, "entrypoint") or "")
        if other is not None:
            _equal(draft, problems, (*_PAPER, profile, "io_queue"), other)


def paper_accounts_start_with_something(draft: Draft, problems: Problems) -> None:
    for profile in draft.names.get(_PAPER, ()):
        path = (*_PAPER, profile, "start_balances")
        amounts = [draft.number(*path, asset) for asset in draft.names.get(path, ())]
        if amounts and all(amount == 0 for amount in amounts):
            problems.add(draft.where(*path), f"{path_text(path)}: nothing to trade with", fix="give at least one asset a balance")


def paper_accounts_start_with_what_is_traded(draft: Draft, problems: Problems) -> None:
    """A balance of an asset that no instrument of the entrypoint knows would buy nothing."""
    for profile in draft.names.get(_PAPER, ()):
        path = (*_PAPER, profile, "start_balances")
        environment = draft.text(*_ENTRYPOINTS, draft.text(*_PAPER, profile, "entrypoint") or "", "environment") or ""
        adapter = draft.text("environments", environment, "exchange")
        universe = draft.text("environments", environment, "instrument_universe") or ""
        texts = draft.texts("instrument_universes", universe, "instruments")
        if adapter is None or texts is None:
            continue
        traded = [i for i in map(InstrumentId.parse, texts) if i.venue == KNOWN_ADAPTERS[adapter].label]
        assets = sorted({asset for i in traded for asset in (i.quote, i.base)})
        held = draft.names.get(path, ())
        if held and assets and all(map(str.isupper, held)) and not set(held) & set(assets):
            message = f"{path_text(path)}: {', '.join(held)} is no asset of the instruments of {environment}"
            problems.add(draft.where(*path), message, allowed=", ".join(assets), fix=f"give it {traded[0].quote}")


def trading_profile_tags_equal_the_entrypoints(draft: Draft, problems: Problems) -> None:
    for profile in draft.names.get(_TRADING, ()):
        path = (*_TRADING, profile, "tags")
        entrypoint = draft.text(*_TRADING, profile, "entrypoint") or ""
        tags, expected = draft.texts(*path), draft.texts(*_ENTRYPOINTS, entrypoint, "tags")
        if tags is not None and expected is not None and set(tags) != set(expected):
            wanted = "[" + ", ".join(expected) + "]"
            problems.add(
                draft.where(*path), f"{path_text(path)} differ from those of {entrypoint}", allowed=wanted, fix=f"write {wanted}"
            )


def _equal(draft: Draft, problems: Problems, path: Path, reference: Path) -> None:
    value, expected = draft.text(*path), draft.text(*reference)
    if value is not None and expected is not None and value != expected:
        message = f"{path_text(path)}: {value} differs from {path_text(reference)}"
        problems.add(draft.where(*path), message, allowed=expected, fix=f"write {expected}")


def burst_admits_what_may_run(draft: Draft, problems: Problems) -> None:
    queues = [("io_queue",), *(("io_queue", "exchanges", name) for name in draft.names.get(("io_queue", "exchanges"), ()))]
    for path in queues:
        running, admitted = draft.number(*path, "max_concurrency"), draft.number(*path, "burst")
        if running is not None and admitted is not None and admitted < running:
            message = f"{path_text((*path, 'burst'))}: {admitted} is less than max_concurrency {running}"
            problems.add(
                draft.where(*path, "burst"), message, allowed=f"at least {running}", fix="burst counts running calls too"
            )


def health_outlives_its_probe_interval(draft: Draft, problems: Problems) -> None:
    path = ("observability", "health")
    interval, stale = draft.number(*path, "probe_interval_seconds"), draft.number(*path, "stale_after_seconds")
    if interval is not None and stale is not None and stale < interval + _LEAST_PROBE_S:
        where, least = path_text((*path, "stale_after_seconds")), interval + _LEAST_PROBE_S
        message = f"{where}: {stale} is not {_LEAST_PROBE_S} s above probe_interval_seconds {interval}"
        fix = "every probe would be stale before the next one has answered"
        problems.add(draft.where(*path, "stale_after_seconds"), message, allowed=f"at least {least}", fix=fix)


def environments_refer_to_what_exists(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("environments",), ()):
        path = ("environments", name)
        _refer(draft, problems, (*path, "permission_profile"), ("permission_profiles",), "permission profile")
        _refer(draft, problems, (*path, "instrument_universe"), ("instrument_universes",), "instrument universe")
        universe = draft.text(*path, "instrument_universe") or ""
        adapter = draft.text(*path, "exchange")
        instruments = draft.texts("instrument_universes", universe, "instruments")
        if adapter is None or instruments is None:
            continue
        label = KNOWN_ADAPTERS[adapter].label
        if not any(text.partition(":")[0] == label for text in instruments):
            message = f"universe {universe} holds no instrument of {label}"
            fix = f"add one such as {label}:BTC/USDT to it"
            problems.add(draft.where(*path, "instrument_universe"), message, fix=fix)


def a_key_belongs_to_one_venue(draft: Draft, problems: Problems) -> None:
    """The secret store holds one key under a name, and no venue knows another one's key."""
    users: dict[str, tuple[str, str]] = {}
    for name in draft.names.get(("environments",), ()):
        path = ("environments", name, "keychain_key")
        key, adapter = draft.text(*path), draft.text("environments", name, "exchange")
        if key is None or adapter is None:
            continue
        owner, owners_adapter = users.setdefault(key, (name, adapter))
        if adapter != owners_adapter:
            message = f"{path_text(path)}: {key} is the key of {owner}, which is another venue ({owners_adapter})"
            problems.add(draft.where(*path), message, fix="give each venue a key of its own")


def environments_lead_to_an_allowed_endpoint(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("environments",), ()):
        path = ("environments", name)
        text, kind = draft.text(*path, "endpoint"), draft.text(*path, "environment")
        if text is None:
            continue
        position = draft.where(*path, "endpoint")
        try:
            endpoint = parse_endpoint(text)
        except ValueError as error:
            allowed = ", ".join((*NAMED_ENDPOINTS, "a base URL"))
            fix = did_you_mean(text, NAMED_ENDPOINTS) if "://" not in text else ""
            problems.add(position, f"{path_text((*path, 'endpoint'))} {error}", allowed=allowed, fix=fix)
            continue
        if kind is not None and (objection := endpoint_objection(kind, endpoint)):
            problems.add(position, objection[0], allowed=objection[1])
            continue
        adapter = draft.text(*path, "exchange")
        if adapter is not None and (unusable := base_url_objection(adapter, endpoint)):
            problems.add(position, f"{path_text((*path, 'endpoint'))}: {unusable[0]}", fix=unusable[1])
            continue
        _check_sandbox(draft, problems, path, endpoint)


def _check_sandbox(draft: Draft, problems: Problems, path: Path, endpoint: Endpoint) -> None:
    setting = (*path, "adapter_settings", "sandbox_mode")
    adapter, mode = draft.text(*path, "exchange"), draft.values.get(setting)
    if adapter is None or not isinstance(mode, bool | str):
        return
    objection = sandbox_objection(mode, endpoint, adapter=adapter)
    if objection:
        at = draft.where(*setting) if isinstance(mode, bool) else draft.where(*path, "endpoint")
        problems.add(at, f"{'.'.join(path)}: {objection[0]}", fix=objection[1])


def instruments_belong_to_known_venues(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("instrument_universes",), ()):
        path = ("instrument_universes", name, "instruments")
        for index, text in enumerate(draft.texts(*path) or ()):
            label = InstrumentId.parse(text).venue
            if label not in KNOWN_LABELS:
                fix = did_you_mean(label, KNOWN_LABELS)
                message = f"{text}: there is no venue {label}"
                problems.add(draft.where(*path, str(index)), message, allowed=", ".join(KNOWN_LABELS), fix=fix)


def permissions_are_not_both_required_and_forbidden(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("permission_profiles",), ()):
        path = ("permission_profiles", name)
        required = draft.texts(*path, "required_permissions") or ()
        for index, permission in enumerate(draft.texts(*path, "forbidden_permissions") or ()):
            if permission in required:
                position = draft.where(*path, "forbidden_permissions", str(index))
                problems.add(
                    position, f"{permission} is both required and forbidden in {path_text(path)}", fix="remove it from one"
                )


def shares_of_an_allocation_fit_into_the_whole(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("strategies",), ()):
        path = ("strategies", name, "allocation")
        members = draft.names.get(path, ())
        shares = [draft.number(*path, member, "capital_pct") or 0 for member in members]
        if sum(shares) > 1:
            message = f"{path_text(path)}: the shares add up to {sum(shares)}"
            problems.add(draft.where(*path), message, allowed="at most 1", fix="lower capital_pct of some")
        for member in members:
            if draft.names.get(("strategies", draft.text(*path, member, "strategy") or "", "allocation")):
                at = (*path, member, "strategy")
                problems.add(draft.where(*at), f"{path_text(at)} is an allocation itself", fix="list its members here")


RULES: Final[tuple[Rule, ...]] = (
    allow_lists_are_addresses,
    default_entrypoint_exists,
    entrypoints_refer_to_what_exists,
    paper_is_not_confirmed_automatically,
    what_requires_demo_mode_runs_in_paper,
    each_paper_entrypoint_has_one_profile_of_each_kind,
    profiles_agree_with_their_entrypoint,
    paper_profiles_agree_with_their_environment,
    both_profiles_of_an_entrypoint_name_one_queue,
    paper_accounts_start_with_something,
    paper_accounts_start_with_what_is_traded,
    trading_profile_tags_equal_the_entrypoints,
    burst_admits_what_may_run,
    health_outlives_its_probe_interval,
    environments_refer_to_what_exists,
    a_key_belongs_to_one_venue,
    environments_lead_to_an_allowed_endpoint,
    instruments_belong_to_known_venues,
    permissions_are_not_both_required_and_forbidden,
    shares_of_an_allocation_fit_into_the_whole,
    route_names_are_unique,
    routes_refer_to_what_exists,
    a_fallback_has_somewhere_to_go,
    the_dead_mans_switch_is_one_that_venues_take,
    alert_channels_exist,
    live_never_throttles_critical_alerts,
    alerts_have_one_audit,
    live_needs_its_licence,
    own_issuers_are_allowed,
    licence_files_differ,
    objective_names_are_unique,
    objectives_fit_their_indicator,
    the_largest_value_is_bounded_from_above,
    warnings_come_before_breaches,
    filters_name_what_exists,
    compliance_is_of_entrypoints,
    compliance_permits_profiles_that_exist,
    targets_are_of_what_is_traded,
)
