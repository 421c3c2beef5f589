"""What a person sees of strategies: a list, one of them, and what an examination found."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from golive.strategy import ORDER_PARAMETERS, Parameter

from .data_table import aligned
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.strategy_check import Examined
    from golive.runtime.strategy_folder import FoundStrategy, Unreadable

_MARKS = {"ok": "ok    ", "failed": "FAILED", "unsaid": "–     "}


def print_list(rows: Sequence[FoundStrategy | Unreadable], stream: TextIO) -> None:
    """Print a line per strategy and, below, the files that could not be read."""
    from golive.runtime.strategy_folder import FoundStrategy

    cells = [["strategy", "form", "from", "parameters", "what it does"]]
    for row in rows:
        if isinstance(row, FoundStrategy):
            origin = "built in" if row.file is None else row.file.name
            cells.append([row.strategy.name, row.form, origin, str(len(_own(row))), row.strategy.summary])
    lines = aligned(cells, right=(3,))
    lines += [f"cannot be read: {row.reason}" for row in rows if not isinstance(row, FoundStrategy)]
    stream.write("".join(clean(line) + "\n" for line in lines))


def print_strategy(found: FoundStrategy, stream: TextIO) -> None:
    """Print the rule, then own parameters, then those of orders."""
    from golive.runtime.strategy_document import warm_up

    strategy = found.strategy
    origin = "built in" if found.file is None else f"{found.file} (SHA-256 {found.source_sha256[:12]}…)"
    lines = [
        f"{strategy.name} — {strategy.summary}",
        f"{found.form} form, {origin}",
        f"first target at candle {warm_up(found)} with the defaults",
        "",
        *_rule(found),
        "",
    ]
    own = _own(found)
    rest = [name for name in strategy.parameters if name not in own]
    for title, names in (("own parameters", own), ("order parameters", rest)):
        cells = [[title, "default", "range", "meaning"]]
        cells += [[name, *_figures(strategy.parameters[name])] for name in names]
        lines += [*aligned(cells, right=(1,)), ""]
    stream.write("".join(clean(line) + "\n" for line in lines[:-1]))


def print_findings(examined: Examined, stream: TextIO) -> None:
    """Print what each check found and, where one failed, what to do."""
    name = examined.found.strategy.name
    lines = [f"{name} ({examined.found.form} form) on {examined.candles:,} candles, {examined.data}"]
    for each in examined.findings:
        lines.append(f"  {_MARKS[each.status]}  {each.check}: {each.detail}")
        if each.status == "failed":
            lines.append(f"          fix: {each.fix}")
    failed = sum(each.status == "failed" for each in examined.findings)
    lines.append(f"{failed} of {len(examined.findings)} checks failed" if failed else "nothing failed")
    stream.write("".join(clean(line) + "\n" for line in lines))


def _own(found: FoundStrategy) -> list[str]:
    return [name for name in found.strategy.parameters if name not in ORDER_PARAMETERS]


def _figures(parameter: Parameter) -> tuple[str, str, str]:
    kind = ", whole" if parameter.whole else ""
    return f"{parameter.default:g}", f"{parameter.low:g} … {parameter.high:g}{kind}", parameter.help


def _rule(found: FoundStrategy) -> list[str]:
    """The text that stands at the head of the strategy's module."""
    module = sys.modules.get(getattr(found.strategy.step, "__module__", ""))
    if found.file is not None:
        module = sys.modules.get(f"golive_strategies.{found.file.stem}")
    text = inspect.cleandoc(module.__doc__) if module is not None and module.__doc__ else found.strategy.summary
    return text.splitlines()
