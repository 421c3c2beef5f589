"""`golive named-tests run | show`: the tests that the runbooks name, run here or taken from a JUnit file, as a signed result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .terminal import clean

app = command_group("Run the tests that the runbooks name, or take a JUnit file of them; keep a signed result.")


@app.command()
def run(
    junit: Annotated[
        list[Path] | None,
        typer.Option("--junit", metavar="FILE", help="Take this JUnit XML of the same code version instead; repeatable."),
    ] = None,
    operator: Annotated[
        str | None, typer.Option("--operator", metavar="NAME", help="Whose act it is. Default: the user this process runs as.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Run the named tests by pytest in the sources of this program, and keep a signed result in var/audit/named_tests/.

    It takes minutes; what pytest prints goes to stderr. The step is recorded in the decision log.

    Exit codes: 0 all passed, 2 usage or a JUnit file that is none or of another code version, 3 no sources to run the tests in,
    4 a test is missing or did not pass, 70 the result cannot be written.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.identity import operator_identity
    from golive.runtime.named_tests.result import keep_result
    from golive.runtime.named_tests.running import junit_of_a_run

    where, clock = locate(config, home), SystemClock()
    began = clock.monotonic()
    documents = [_read(path) for path in junit] if junit else [junit_of_a_run()]
    kept = keep_result(where.home, documents, clock, operator or operator_identity(), began)
    lines = [f"{each.outcome:<8} {each.test} ({each.cases} cases)" for each in kept.tests]
    lines += [f"         {clean(case)}" for each in kept.tests for case in each.bad[:5]]
    with delivered() as stdout:
        stdout.write("\n".join([*lines, f"signed result: {kept.path.relative_to(where.home)}"]) + "\n")
    raise typer.Exit(kept.exit_code)


@app.command()
def show(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """Show whether the newest signed result stands for the code that is running.

    Exit codes: 0 it does, 2 usage or configuration, 3 it does not, 6 there is none, or it cannot be read.
    """
    from golive.readiness.checks.named_tests import named_tests
    from golive.readiness.finding import Status
    from golive.runtime.clock import SystemClock
    from golive.runtime.readiness.named_tests import named_tests_evidence
    from golive.runtime.readiness.scene import scene_of
    from golive.runtime.secret_store import StoredSecrets
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    name = configuration.runtime.trading.default_entrypoint
    scene = scene_of(where.home, where.runtime_file, configuration, name, SystemClock(), StoredSecrets(where.home))
    evidence = named_tests_evidence(scene)
    found = named_tests(evidence)
    lines = [f"{found.status}: code version {evidence.code_version}"]
    if evidence.seen is not None:
        lines += [f"{clean(outcome):<8} {clean(test)}" for test, outcome in sorted(evidence.seen.outcomes.items())]
    lines += [f"{clean(each)}" for each in found.reasons]
    lines += [f"next: {found.next_command}"] if found.next_command else []
    with delivered() as stdout:
        stdout.write("\n".join(lines) + "\n")
    codes = {Status.OK: ExitCode.OK, Status.BLOCKED: ExitCode.BLOCKED}
    raise typer.Exit(codes.get(found.status, ExitCode.UNKNOWN))


def _read(path: Path) -> bytes:
    from golive.inputs import open_named
    from golive.runtime.named_tests.junit import MOST_BYTES

    try:
        with open_named(path, most=MOST_BYTES) as file:
            return file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"--junit {path}: cannot be read: {exc.strerror}") from exc
