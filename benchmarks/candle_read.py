"""Ten years of one-minute candles of one symbol out of the store, in fresh processes: `python -m benchmarks.candle_read`.

Read means: found, checked against the index, mapped, and every number looked at once. Beside it the floor: the same numbers
from one file a column with NumPy alone.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .bar_data import INSTRUMENT, CandleStore, peak_mib, write_bars, write_store
from .contender import measure, module, report

CANDLES = 10 * 365 * 24 * 60 + 2 * 24 * 60
"""minutes of ten years, two of them leap years"""


def _read(root: str, kind: str) -> None:
    import numpy as np

    if kind == "unmapped":
        for columns_folder in Path(root).glob("candles/*/*/*/columns.*"):
            shutil.rmtree(columns_folder)
    began = time.perf_counter()
    if kind != "plain":
        columns = CandleStore(Path(root)).read(INSTRUMENT.id, "1m").columns
    else:
        columns = tuple(np.load(path) for path in sorted(Path(root).glob("*.npy")))  # type: ignore[assignment]
    mapped_s = time.perf_counter() - began
    total = sum(int(column.sum()) for column in columns)
    report(seconds=time.perf_counter() - began, mapped_s=mapped_s, rows=len(columns[0]), total=total, peak_mib=peak_mib())


def print_candle_read(*, rounds: int = 5) -> None:
    import numpy as np

    with tempfile.TemporaryDirectory() as place:
        root, plain = Path(place) / "store", Path(place) / "plain"
        plain.mkdir()
        began = time.perf_counter()
        write_store(write_bars(Path(place) / "bars"), root, CANDLES)
        stored_s = time.perf_counter() - began
        for number, column in enumerate(CandleStore(root).read(INSTRUMENT.id, "1m").columns):
            np.save(plain / f"{number}.npy", column)
        words = {"store": str(root), "plain": str(plain)}
        first = measure([*module("candle_read"), "--read", "unmapped", str(root)])
        results = {
            kind: [measure([*module("candle_read"), "--read", kind, words[kind]]) for _ in range(rounds)] for kind in words
        }
        seconds = {kind: statistics.median(each["seconds"] for each in rows) for kind, rows in results.items()}
        if results["store"][0]["total"] != results["plain"][0]["total"] or results["store"][0]["rows"] != CANDLES:
            raise RuntimeError(f"read {results['store'][0]['rows']} candles, not the {CANDLES} that were stored")
        verdict = "met" if seconds["store"] < 0.3 else "MISSED"
        process_s = statistics.median(each["process_s"] for each in results["store"])
        print(
            f"{CANDLES:,} candles, ten years of minutes: stored in {stored_s:.1f} s; read in {seconds['store']:.3f} s "
            f"(goal < 0.3 {verdict}), {first['seconds']:.2f} s where only the Parquet files are there; "
            f"NumPy from plain files {seconds['plain']:.3f} s; a whole process {process_s:.2f} s"
        )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read", choices=("store", "unmapped", "plain"), help="be the contender that reads the folder")
    parser.add_argument("folder", nargs="?")
    chosen = parser.parse_args(arguments)
    if chosen.read:
        _read(chosen.folder, chosen.read)
    else:
        print_candle_read()


if __name__ == "__main__":
    main(sys.argv[1:])
