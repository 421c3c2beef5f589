"""Make the pictures of docs/tutorial.md: run its commands in a home of their own and photograph the pages they write.

Needs Debian's chromium. Writes docs/images/tutorial_{backtest,sweep,paper}.png.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "tutorial.md"
PICTURES = {  # the newest page of a folder, and how much of it is shown, in pixels
    "tutorial_backtest.png": ("reports/backtest", 1000, 1100),
    "tutorial_sweep.png": ("reports/sweep", 1000, 1150),
    "tutorial_paper.png": ("reports/e2e", 1000, 1000),
}


def main() -> None:
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("draw_tutorial: chromium is not installed (apt-get install --no-install-recommends chromium)")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(ROOT / "config", home / "config")
        text = PAGE.read_text()
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            for line in block.splitlines():
                if line.startswith("$golive "):
                    _run(home, shlex.split(line, comments=True)[1:], text)
        for name, (place, width, height) in PICTURES.items():
            newest = max((home / place).glob("*.html"), key=lambda path: path.stat().st_mtime_ns)
            photograph(browser, newest, ROOT / "docs" / "images" / name, width, height)
            print(f"docs/images/{name}")


def _run(home: Path, words: list[str], page: str) -> None:
    if words == ["config", "check"]:
        [section] = re.findall(r"```yaml\nstrategies:\n(.*?)```", page, re.DOTALL)
        _edit(home / "config" / "core.yaml", "strategies:\n", "strategies:\n" + section)
        _edit(home / "config" / "runtime.yaml", "strategy: multi_strategy_default", "strategy: my_trend")
    print("golive", *words, flush=True)
    subprocess.run([sys.executable, "-m", "golive.cli.main", *words, "--home", str(home)], check=True, stdout=subprocess.DEVNULL)


def _edit(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new, 1))


def photograph(browser: str, page: Path, picture: Path, width: int, height: int) -> None:
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--disable-background-networking", f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main()
