"""The whole configuration: both files read, overridden, checked and joined; the one entrance to this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from golive.model.errors import ConfigError

from .adapter_table import KNOWN_ADAPTERS
from .alert_section import DEFAULT_WINDOW_SECONDS
from .binding import Draft, LeafValue, Path, bind, build, path_text
from .core_file import CoreFile
from .crosscheck import cross_check
from .digest import FileDigest, canonical_execution, file_digest
from .node import Entries
from .override import Override, apply_overrides
from .problem import ConfigErrors, Position, Problems, SourceFile, did_you_mean, looks_secret
from .resolved import ResolvedEntrypoint, resolve_entrypoint
from .runtime_file import RuntimeFile
from .strict_yaml import read_document

_RUNTIME_RANK, _CORE_RANK, _OVERRIDE_RANK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value and where it came from: `file:line`, an environment variable, or `default`."""

    path: Path
    value: LeafValue
    origin: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """A configuration without problems.

    `overrides` lists the environment variables in force; stages that refuse them look here.
    """

    runtime: RuntimeFile
    core: CoreFile
    overrides: tuple[Override, ...]
    file_digest: FileDigest
    _draft: Draft = field(repr=False)
    _problems: Problems = field(repr=False)

    def resolve(self, entrypoint: str) -> ResolvedEntrypoint:
        """Return everything about one entrypoint; raise ConfigError naming the nearest one when there is none."""
        names = self.runtime.trading.entrypoints
        if entrypoint not in names:
            raise ConfigError(f"there is no entrypoint {entrypoint}; {did_you_mean(entrypoint, names)}")
        return resolve_entrypoint(self.runtime, self.core, entrypoint)

    def paper_entrypoints(self) -> tuple[ResolvedEntrypoint, ...]:
        """Return every entrypoint whose environment has type paper, by name; these are monitored in every run."""
        resolved = (self.resolve(name) for name in sorted(self.runtime.trading.entrypoints))
        return tuple(each for each in resolved if each.environment_type == "paper")

    def is_in_use(self, environment: str) -> bool:
        """Say whether an environment can be opened at all: one for real money cannot while `trading.enable_live_mode` is off."""
        section = self.core.environments[environment]
        return self.runtime.trading.enable_live_mode or section.environment != "live" or section.endpoint != "production"

    def position(self, path: Path) -> str:
        """Return `file:line:column` of a value, or of the nearest section above it when it has its default."""
        return str(self._draft.where(*path))

    def key_position(self, path: Path) -> str:
        """Return `file:line:column` of a key."""
        return str(self._draft.keys.get(path) or self._draft.where(*path))

    def error(self, path: Path, message: str, *, allowed: str = "", fix: str = "") -> ConfigErrors:
        """Return an error about the value at `path`, with its line, for rooms that judge values themselves."""
        text = f"{path_text(path)}: {message}"
        return ConfigErrors([self._problems.problem(self._draft.where(*path), text, allowed=allowed, fix=fix)])

    def settings(self) -> tuple[Setting, ...]:
        """Return every effective value in the order of the declarations, with its origin; `***` for one named like a secret."""
        values = self._draft.values.items()
        return tuple(Setting(path, "***" if looks_secret(path[-1]) else value, self._origin(path)) for path, value in values)

    def _origin(self, path: Path) -> str:
        position = self._draft.positions.get(path)
        if position is None:
            return "default"
        return f"environment {position.file}" if position.rank >= _OVERRIDE_RANK else f"{position.file}:{position.line}"


def parse_configuration(runtime: SourceFile, core: SourceFile, environ: Mapping[str, str]) -> Configuration:
    """Read and check both files with the overrides of `environ`.

    Raises ConfigErrors with every problem found, in the order of the sources.
    """
    problems = Problems()
    runtime_tree, core_tree = read_document(runtime, _RUNTIME_RANK, problems), read_document(core, _CORE_RANK, problems)
    trees = ((RuntimeFile, runtime_tree), (CoreFile, core_tree))
    roots, overrides = apply_overrides(trees, environ, _OVERRIDE_RANK, problems)
    draft = Draft(Position(_RUNTIME_RANK, runtime.path, 1, 1))
    for (declaration, _), root in zip(trees, roots, strict=True):
        if root is not None:
            bind(declaration, root, draft, problems)
    _enter_derived_defaults(draft)
    cross_check(draft, problems)
    problems.raise_if_any()
    assert core_tree is not None
    return Configuration(
        runtime=build(RuntimeFile, draft),
        core=build(CoreFile, draft),
        overrides=overrides,
        file_digest=file_digest(runtime, core, core_tree),
        _draft=draft,
        _problems=problems,
    )


def execution_section(core: SourceFile) -> bytes:
    """Return the bytes whose SHA-384 is `FileDigest.execution_sha384`; `core` is a file that `parse_configuration` took."""
    problems = Problems()
    tree = read_document(core, _CORE_RANK, problems)
    problems.raise_if_any()
    assert tree is not None
    return canonical_execution(tree)


def core_path(runtime: SourceFile, environ: Mapping[str, str]) -> str:
    """Return where core.yaml is, relative to runtime.yaml; the default when runtime.yaml does not say it readably.

    Used before the configuration can be checked; whatever is wrong is reported by `parse_configuration`.
    """
    problems = Problems()
    tree = read_document(runtime, _RUNTIME_RANK, problems)
    roots, _ = apply_overrides(((RuntimeFile, tree),), environ, _OVERRIDE_RANK, problems)
    draft = Draft(Position(_RUNTIME_RANK, runtime.path, 1, 1))
    bind(RuntimeFile, roots[0] or Entries(draft.start, {}), draft, problems)
    return draft.text("core", "path") or "core.yaml"


def _enter_derived_defaults(draft: Draft) -> None:
    """Enter defaults that follow from other keys: auto-trade and throttle from the environment's type, fees from the venue …"""
    for name in draft.names.get(("environments",), ()):
        if ("environments", name, "data_cache_path") not in draft.positions:
            draft.values[("environments", name, "data_cache_path")] = f"var/data/{name}"
        window = ("environments", name, "alert_throttle", "window_seconds")
        kind = draft.text("environments", name, "environment")
        if kind is not None and window not in draft.positions:
            draft.values[window] = DEFAULT_WINDOW_SECONDS[kind]
    for name in draft.names.get(("trading", "entrypoints"), ()):
        path = ("trading", "entrypoints", name)
        kind = draft.text("environments", draft.text(*path, "environment") or "", "environment")
        if kind is not None and (*path, "enable_auto_trade") not in draft.positions:
            draft.values[(*path, "enable_auto_trade")] = kind == "paper"
    for name in draft.names.get(("execution", "paper_profiles"), ()):
        path = ("execution", "paper_profiles", name)
        adapter = draft.text(*path, "adapter")
        if adapter is not None and (*path, "fees") not in draft.positions:
            facts = KNOWN_ADAPTERS[adapter]
            draft.names[(*path, "fees")] = ("maker_bps", "taker_bps")
            draft.values[(*path, "fees", "maker_bps")] = Decimal(facts.maker_bps)
            draft.values[(*path, "fees", "taker_bps")] = Decimal(facts.taker_bps)
