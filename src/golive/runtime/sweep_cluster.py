"""The executor of many hosts: an existing Dask cluster, reached at the address of its scheduler. Needs the extra `scale`.

Workers that see the file of the candles, by its digest, map it; where one does not, the columns are sent to all once.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from golive.backtest.executor import Task
from golive.backtest.search import Values
from golive.model.errors import ConfigError, GoliveError

from .sweep_columns import has_columns, map_columns
from .sweep_order import SweepOrder, open_order, opened
from .sweep_scheduler import check_scheduler

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from golive.backtest.sweep_row import Rows

_ADDRESS: Final = re.compile(r"(?P<scheme>tcp|tls)://(?:[^\s:/@?#\[\]]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})")
CONNECT_S: Final = 10
"""how long a scheduler may take to answer"""

_FEW: Final = 3
"""candles that workers get ready with"""


class ClusterFailed(GoliveError):
    """A task failed on the cluster, as it would everywhere."""


class ClusterLost(GoliveError):
    """The cluster is gone or gave up what it was computing; what is finished is kept, and the same command goes on."""


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """Where the scheduler is (`tcp://host:port`, `tls://host:port`) and the files that TLS needs.

    Raises ConfigError for another form of address, for TLS without its three files, and for the files without TLS.
    """

    address: str
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        found = _ADDRESS.fullmatch(self.address)
        if found is None or not 0 < int(found["port"]) < 1 << 16:
            raise ConfigError(f"--cluster {self.address!r}: give a scheduler as tcp://host:port or tls://host:port")
        files = {"--cluster-ca": self.tls_ca, "--cluster-cert": self.tls_cert, "--cluster-key": self.tls_key}
        if found["scheme"] == "tcp" and any(files.values()):
            raise ConfigError(f"--cluster {self.address}: {', '.join(files)} are for tls://, and tcp:// is not encrypted")
        if found["scheme"] == "tls":
            if missing := [option for option, file in files.items() if file is None]:
                raise ConfigError(f"--cluster {self.address}: TLS needs three files; give {', '.join(missing)}")
            if absent := [f"{option} {file}" for option, file in files.items() if file is not None and not file.is_file()]:
                raise ConfigError(f"--cluster {self.address}: no such file: {', '.join(absent)}")

    @property
    def host(self) -> str:
        return self.address.partition("://")[2].rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


class ClusterExecutor:
    """The workers of a running cluster; none is started or ended.

    Raises ConfigError without the extra, when no scheduler answers, when it has no worker, or when one runs other sources.
    """

    name = "cluster"

    def __init__(self, order: SweepOrder, access: ClusterAccess) -> None:
        try:
            import distributed
        except ImportError:
            raise ConfigError("--cluster needs the extra `scale`: pip install 'golive[scale]'") from None
        _hush()
        self._as_completed = distributed.as_completed
        try:
            security = _security(access)
            context = None if security is None else security.get_connection_args("client")["ssl_context"]
            check_scheduler(access.host, access.port, context, CONNECT_S)
            self._client: Any = distributed.Client(access.address, security=security, timeout=CONNECT_S, set_as_default=False)
        except ConfigError as exc:
            raise ConfigError(f"--cluster {access.address}: {exc}") from exc
        except (OSError, TimeoutError, ValueError, TypeError) as exc:
            raise ConfigError(f"--cluster {access.address}: no scheduler answers: {exc}") from exc
        try:
            with _reached():
                self._prepare(order, access.address)
        except BaseException:
            self._client.close()
            raise

    def _prepare(self, order: SweepOrder, address: str) -> None:
        found: dict[str, tuple[str, bool]] = self._client.run(_state, order)
        if not found:
            raise ConfigError(f"--cluster {address}: the scheduler has no worker")
        for worker, (version, _) in found.items():
            if version != order.code_version:
                raise ConfigError(
                    f"--cluster {address}: worker {worker} runs golive {version}, this is {order.code_version}: install the same"
                )
        self.workers = sum(self._client.nthreads().values())
        self._own = order
        self._order = self._client.scatter(order, broadcast=True, hash=False)
        self._columns: Any = None
        self.sent_columns = not all(has for _, has in found.values())
        if self.sent_columns:
            whole = [_whole(order, place) for place in range(len(order.places))]
            self._columns = self._client.scatter([whole], broadcast=True, hash=False)[0]

    def make_ready(self, values: Values) -> None:
        few = [_whole(self._own, place)[:, :_FEW] for place in range(len(self._own.places))]
        with _reached():
            self._client.run(_ready, self._own, few, values)

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Rows]]:
        with _reached():
            futures = {self._client.submit(_rows, self._order, self._columns, task, pure=False): task for task in tasks}
        try:
            for future in self._as_completed(futures, loop=self._client.loop):
                yield futures[future], _result(future)
        finally:
            with contextlib.suppress(OSError):  # a scheduler that is gone computes nothing more
                self._client.cancel(list(futures))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()


def _hush() -> None:
    """Keep what the libraries log off stderr: what matters of it reaches us as an exception, which is told in one line."""
    for name in ("distributed", "tornado", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    """Raise ClusterLost where a call ends because the other side is gone; all that distributed says of it is an OSError."""
    try:
        yield
    except OSError as exc:
        raise ClusterLost("the cluster is gone") from exc


def _result(future: Any) -> Rows:
    if future.status == "error":
        raise _translated(future.exception())
    if future.status != "finished":
        raise ClusterLost("the cluster is gone or gave a task up")
    with _reached():
        rows: Rows = future.result()
    return rows


def _translated(error: BaseException) -> BaseException:
    return error if isinstance(error, GoliveError) else ClusterFailed(f"a task failed on the cluster: {error!r}")


def _security(access: ClusterAccess) -> Any:
    if access.tls_ca is None:
        return None
    from distributed.security import Security

    ca, cert, key = (str(file) for file in (access.tls_ca, access.tls_cert, access.tls_key))
    return Security(tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True)


def _whole(order: SweepOrder, place: int) -> npt.NDArray[np.int64]:
    import numpy as np

    return np.stack(map_columns(order.places[place]).columns)


def _state(order: SweepOrder) -> tuple[str, bool]:
    """Return, on a worker, which sources it runs and whether it sees the candles."""
    from .code_version import code_version

    return code_version(), all(has_columns(place) for place in order.places)


def _ready(order: SweepOrder, few: Sequence[npt.NDArray[np.int64]], values: Values) -> None:
    open_order(order, few).make_ready(values)


def _rows(order: SweepOrder, columns: Sequence[npt.NDArray[np.int64]] | None, task: Task) -> Rows:
    return opened(order, columns).rows(task)
