"""Where the candles of a series come from, which origins may stand beside each other, and when a derived series is stale."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError

from .series import SeriesIndex, Source, read_index, series_folder

DOWNLOAD: Final = "download "
"""begins the name of a source that is a market: `download embedded seed 7`"""
RESAMPLE: Final = "resample "
"""begins the name of the only source of a derived series: `resample 1m`"""
FILE: Final = "file"
"""the market of every other source"""


def market_of(source: str) -> str:
    """Return the market that a source's candles are of: `embedded seed 7`, `public www.okx.com`, or `file`."""
    return source.removeprefix(DOWNLOAD) if source.startswith(DOWNLOAD) else FILE


def require_one_market(index: SeriesIndex | None, source: str, *, may_mix: bool) -> None:
    """Refuse candles of another market than those of a stored series: the simulated and the real one are two instruments.

    Two venues' markets never mix; files and a market only with consent (`may_mix`), which holds from then on.

    Raises:
        ConfigError: the markets differ, or the series is derived from another one.
    """
    if index is None:
        return
    name = f"{index.instrument.id} {index.timeframe}"
    if (made := derivation(index)) is not None:
        raise ConfigError(
            f"{name} is made of {made.name.removeprefix(RESAMPLE)} candles and takes no others; bring those, or remove it first"
        )
    market = market_of(source)
    held = {market_of(each.name) for each in index.sources}
    if market in held:
        return
    other = ", ".join(sorted(held))
    if market != FILE and held != {FILE}:
        raise ConfigError(
            f"{name} was downloaded from another market ({other}, not {market}); use an --environment of its own, or remove the "
            "series first"
        )
    if not may_mix:
        raise ConfigError(
            f"{name} holds candles of another market ({other}, not {market}); give --mix if both are the same one, else use an "
            "--environment of its own, or remove the series first"
        )


def derivation(index: SeriesIndex) -> Source | None:
    """Return the source of a series that was made of a finer one, None for one that was brought."""
    return index.sources[-1] if all(each.name.startswith(RESAMPLE) for each in index.sources) else None


def staleness(root: Path, index: SeriesIndex) -> str:
    """Return why a derived series may not be read, '' where nothing is against it.

    It is stale when the series it was made of, or one before that, has another digest now. One that is not stored any more,
    or is damaged, contradicts nothing.
    """
    made = derivation(index)
    if made is None:
        return ""
    finer = made.name.removeprefix(RESAMPLE)
    try:
        below = read_index(series_folder(root, index.instrument.id, finer))
    except ConfigError:
        below = None  # its own damage is told where it is read
    if below is None or (below.digest == made.digest and not staleness(root, below)):
        return ""
    name = f"{index.instrument.id} {index.timeframe}"
    return (
        f"{name} is stale: the {finer} candles that it was made of have changed; "
        f"`golive data resample --symbol {index.instrument.id} --to {index.timeframe}` makes it anew"
    )
