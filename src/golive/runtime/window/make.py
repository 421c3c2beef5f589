"""Making the archive of a window: logs, order journal, gate's reports, freeze, dashboards, lists, and the summary of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golive.model.clock import SECOND, from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.observability.slo import Window
from golive.readiness.sign_off import KYC, REGISTER_PATH
from golive.readiness.window.migration_summary import (
    Archive,
    LiveWindow,
    MigrationSummary,
    WindowConfig,
    WindowSlo,
    document,
    kyc_of,
    slo_of,
)
from golive.storage.alert_audit import alert_files
from golive.storage.decision_step import LIVE, recorded_steps
from golive.storage.failpoint import reach
from golive.storage.freeze_archive import DIRECTORY as FREEZES
from golive.storage.freeze_archive import FreezeArchive
from golive.storage.keys import SigningKeys
from golive.storage.live_verifier import LiveBounds
from golive.storage.order_journal import JournalPlace
from golive.storage.order_journal.export import export_journal
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from golive.storage.whole_folder import whole_folder

from ..alerts.policy import audit_place
from ..audit_bundle.parts import add_gone, add_manifest, add_sums, add_verifier, listed, listed_log
from ..code_version import code_version
from ..prometheus_api import PrometheusApi
from ..readiness.checklist import examine
from ..readiness.scene import Scene
from ..risk_limits import risk_profile_of
from ..service_levels.report import SloReport
from ..service_levels.report import document as slo_document
from .announce import STEP as ANNOUNCEMENT
from .archive import SUMMARY, SUMMARY_SIGNATURE, add_file, add_json, free_folder
from .copies import Copies, copy_logs
from .manifest import WindowManifest
from .measure import alerts_of, closings_of, observation_of, plain, risk_of, service_of
from .shown import Kind, shown_over
from .span import Span, gate_journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A window that is being closed; `closed_at` ns UTC."""

    scene: Scene
    span: Span
    closed_at: int
    operator: str
    prometheus: PrometheusApi | None
    """the one that is asked what the dashboards showed"""

    @property
    def entrypoint(self) -> str:
        return self.scene.live.name


def make_archive(closing: Closing, keys: SigningKeys) -> Path:
    """Make the archive with its summary; return its folder, relative to home. Whole or not at all.

    Raises JournalError when a log cannot be read or the folder not written.
    """
    scene, home = closing.scene, closing.scene.home
    to, verifier = free_folder(home, closing.closed_at), _verifier(scene)
    shown = shown_over(scene, closing.span.opened_at, closing.closed_at, closing.prometheus, closing.operator)
    warnings = [shown.warning] if shown.warning else []
    with whole_folder(home / to) as folder:
        copies = copy_logs(home, folder, verifier, _wanted(scene), (closing.span.opened_at, closing.closed_at))
        reach("window.copied")
        orders = export_journal(_account(scene), keys, folder / "orders") or ()
        for path in shown.files:
            add_file(home, folder, str(path.relative_to(home)), f"dashboards/{path.name}")
        warnings += _files(closing, folder)
        gone = add_gone(folder, VerificationKeys.of_home(home), [*verifier.log_starts(), *(home / each for each in copies.logs)])
        warnings += [*copies.unsound(), *(f"{each}: seals a log that is gone" for each in gone)]
        warnings += [f"order journal: {each}" for each in orders]
        slo, said = _service(closing, folder)
        add_verifier(home, folder, list(copies.logs.values()), keys)
        manifest = _manifest(closing, copies, keys, folder, gone=gone, orders=orders, shown=shown.kind)
        add_manifest(folder, manifest, keys)
        archive = Archive(str(to), hashlib.sha256(manifest).hexdigest())
        told = document(_summary(closing, copies, archive, slo, (*warnings, *said)))
        (folder / SUMMARY_SIGNATURE).write_bytes(keys.sign(add_json(folder, SUMMARY, told)))
        add_sums(folder)
        reach("window.summed")
    reach("window.archived")
    return to


def _summary(closing: Closing, copies: Copies, archive: Archive, slo: WindowSlo, warnings: tuple[str, ...]) -> MigrationSummary:
    scene, span = closing.scene, closing.span
    bound = span.openings[0].bound
    risk, told = risk_of(
        copies, Path(scene.configuration.runtime.risk.decision_log.path), closing.entrypoint, str(bound["risk_profile"]),
        str(bound["risk_profile_digest"]),
    )  # fmt: skip
    observation, seen = observation_of(copies, closing.entrypoint)
    shut = closings_of(copies, gate_journal(scene.home, closing.entrypoint).relative_to(scene.home))
    kyc = examine(scene, KYC)
    return MigrationSummary(
        environment=scene.live.environment, from_="paper", to="live", evidence_class=scene.live.evidence_class,
        window=LiveWindow(
            span.opened_at, closing.closed_at, plain(round((closing.closed_at - span.opened_at) / SECOND, 3)),
            observation,
        ),
        kyc=kyc_of(kyc, REGISTER_PATH), risk_limits=risk, alerts=alerts_of(copies, _alert_log(scene), closing.entrypoint),
        slo=slo, config=WindowConfig(*(str(bound[name]) for name in ("core_sha256", "runtime_sha256", "execution_sha384"))),
        archive=archive,
        warnings=(*warnings, *shut, *seen, *told, *(f"{KYC}: {each}" for each in kyc.reasons), *_changed_since(scene, bound)),
    )  # fmt: skip


def _manifest(
    closing: Closing,
    copies: Copies,
    keys: SigningKeys,
    folder: Path,
    *,
    gone: tuple[str, ...],
    orders: tuple[str, ...],
    shown: Kind,
) -> bytes:
    scene, first = closing.scene, closing.span.openings[0]
    return WindowManifest(
        entrypoint=closing.entrypoint, environment=scene.live.environment, opened_at=first.opened_at, closed_at=closing.closed_at,
        gate_report_sha256=first.report_sha256, operators=first.operators, closed_by=closing.operator,
        made_at=scene.clock.now(), code_version=code_version(), key_id=keys.seal_key_id, key_class=str(keys.key_class),
        dashboards=shown, orders=orders, logs=tuple(map(listed_log, copies.logs.values())), gone=gone, files=listed(folder),
    ).encoded()  # fmt: skip


def _service(closing: Closing, folder: Path) -> tuple[WindowSlo, tuple[str, ...]]:
    """Judge the promises over the window, and keep the report."""
    scene, window = closing.scene, Window(closing.span.opened_at, closing.closed_at)
    results, said = service_of(scene.home, scene.configuration, closing.entrypoint, window, is_rehearsal=scene.is_rehearsal)
    add_json(folder, "slo_report.json", slo_document(SloReport(closing.closed_at, results)))
    return slo_of(results), said


def _files(closing: Closing, folder: Path) -> list[str]:
    """Copy the gate's reports, the announcement and the newest freeze; return what could not be had, or is another one."""
    scene, problems = closing.scene, list[str]()
    wanted = [(each.report, each.report_sha256, f"gate/{Path(each.report).name}") for each in closing.span.openings]
    wanted += [(path, digest, f"communications/{Path(path).name}") for path, digest in _announcement(closing)]
    for path, digest, name in wanted:
        try:
            if add_file(scene.home, folder, path, name) != digest:
                problems.append(f"{path}: is not the file that was signed for")
        except OSError as exc:
            problems.append(f"{path}: cannot be copied: {exc.strerror}")
    freezes = FreezeArchive(scene.home)
    try:
        registered = freezes.registered(SigningKeys.load(scene.home))
    except JournalError as exc:
        return [*problems, f"freeze: {exc}"]
    if not registered:
        return [*problems, "freeze: the configuration was never frozen"]
    stamp = registered[-1].stamp
    for name in freezes.files(stamp):
        add_file(scene.home, folder, str(FREEZES / stamp / name), f"freeze/{stamp}/{name}")
    return problems


def _announcement(closing: Closing) -> Iterator[tuple[str, str]]:
    """Yield path and digest of the newest announcement of the entrypoint before the window was closed."""
    steps = [
        each for each in recorded_steps(closing.scene.home, LIVE)
        if each.body.get("step") == ANNOUNCEMENT and each.body.get("entrypoint") == closing.entrypoint
        and from_iso(each.ts) <= closing.closed_at
    ]  # fmt: skip
    document = steps[-1].body.get("document") if steps else None
    if isinstance(document, dict):
        yield str(document.get("path")), str(document.get("sha256"))


def _changed_since(scene: Scene, bound: JsonObject) -> Iterator[str]:
    now = {**scene.configuration.file_digest.as_json(), "risk_profile_digest": risk_profile_of(scene.live).digest}
    for name, digest in now.items():
        if bound.get(name) != digest:
            yield f"{name} is not what the gate was opened for"


def _verifier(scene: Scene) -> Verifier:
    core, risk = scene.configuration.core, Path(scene.configuration.runtime.risk.decision_log.path)
    bounds = LiveBounds(core.execution.live_router.metrics.latency_alert_threshold_ms, core.execution.order_journal.url)
    keys = VerificationKeys.of_home(scene.home)
    return Verifier(scene.home, keys, risk, bounds, audit_place(scene.configuration).directory)


def _wanted(scene: Scene) -> list[Path]:
    """Return the first files of the logs that belong to every window, relative to home."""
    alerts, gate = _alert_log(scene), gate_journal(scene.home, scene.live.name).relative_to(scene.home)
    return [*([] if alerts is None else [alerts]), Path(scene.configuration.runtime.risk.decision_log.path), gate]


def _alert_log(scene: Scene) -> Path | None:
    files = alert_files(scene.home / audit_place(scene.configuration).directory)
    return files[0].relative_to(scene.home) if files else None


def _account(scene: Scene) -> JournalPlace:
    live, url = scene.live, scene.configuration.core.execution.order_journal.url
    return JournalPlace(scene.home, live.exchange, live.adapter, live.keychain_key, live.environment, url)
