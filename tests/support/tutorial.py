"""The commands of a page of documentation, in their order, so that a page is what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path


def commands(page: Path) -> list[list[str]]:
    """Return the words of every `$golive …` line of the page's shell blocks, without the first."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$golive ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def yaml_blocks(page: Path) -> list[str]:
    """Return the page's YAML blocks."""
    return re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
