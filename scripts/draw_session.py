"""Make the pictures of a paper session: run demo and paper in a home of their own, as `make paper` does.

Writes docs/images/paper_terminal.svg, what a terminal shows of paper, and docs/images/report.png, the page. Needs Debian's
chromium.
"""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from draw_tutorial import photograph
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
COLUMNS = 84


def main() -> None:
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("draw_session: chromium is not installed (apt-get install --no-install-recommends chromium)")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(ROOT / "config", home / "config")
        for stage in ("demo", "paper"):
            shown = _session(home, stage)
        _draw(shown, IMAGES / "paper_terminal.svg")
        page = max((home / "reports/e2e").glob("*_paper_*.html"), key=lambda path: path.stat().st_mtime_ns)
        photograph(browser, page, IMAGES / "report.png", 1100, 1180)


def _session(home: Path, stage: str) -> str:
    """Run one session; return what it writes to a terminal, with the terminal's codes. Progress, on stderr, is left out."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "golive.cli.main", "run", "--mode", stage, "--home", str(home)]
    env = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "GOLIVE__OBSERVABILITY__PROMETHEUS__PORT": "0"}
    process = subprocess.Popen(command, stdout=end, stderr=subprocess.DEVNULL, env=env)
    os.close(end)
    said = b""
    try:
        while part := os.read(terminal, 65536):
            said += part
    except OSError:  # nobody has the other end open any more
        pass
    os.close(terminal)
    if process.wait() != 0:
        sys.exit(f"draw_session: the {stage} session ended with {process.returncode}")
    return said.decode().replace("\r\n", "\n")


def _draw(shown: str, picture: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text("$ make paper", style="bold"), Text("\n…"))
    console.print(Text.from_ansi(shown))
    fonts, rest = CONSOLE_SVG_FORMAT.index("@font-face"), CONSOLE_SVG_FORMAT.index(".{unique_id}-matrix")
    plain = CONSOLE_SVG_FORMAT[:fonts] + CONSOLE_SVG_FORMAT[rest:]  # fonts of the reader's machine, none from the network
    svg = console.export_svg(title="make paper", theme=MONOKAI, unique_id="paper", code_format=plain)
    picture.write_text(svg.replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace"), encoding="utf-8")


if __name__ == "__main__":
    main()
