"""The search that learns: Optuna's tree-structured Parzen estimator, asked in batches of fixed size.

Source: Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011. Needs the extra `search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from golive.backtest.search import Axis, Space, Values
from golive.model.errors import ConfigError

BATCH: Final = 8
"""sets proposed before their results are known; fixed, so that the number of workers changes nothing"""
_TRIES: Final = 16
"""proposals for one set that may break a condition or have been tried before; then one is drawn"""


class BayesianSearch:
    """Proposes at most `trials` different sets; ends early when hardly any new one is proposed."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        try:
            import optuna
        except ImportError:
            raise ConfigError("--method bayesian needs the extra `search`: pip install 'golive[search]'") from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.total = trials
        self._space = space
        self._states = optuna.trial.TrialState
        startup = min(10, max(2, trials // 4))
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup)
        self._study: Any = optuna.create_study(direction="maximize", sampler=sampler)
        self._distributions = {axis.name: _distribution(axis) for axis in space.axes}
        self._seen: set[Values] = set()
        self._rest = space.drawn(seed)
        self._asked: list[tuple[Any, Values]] = []

    def ask(self) -> Sequence[Values]:
        self._asked = []
        for _ in range(min(BATCH, self.total - len(self._seen))):
            proposed = self._proposed() or self._drawn()
            if proposed is None:
                break
            self._seen.add(proposed[1])
            self._asked.append(proposed)
        return [values for _, values in self._asked]

    def tell(self, objectives: Sequence[float | None]) -> None:
        for (trial, _), objective in zip(self._asked, objectives, strict=True):
            if objective is None:
                self._study.tell(trial, state=self._states.PRUNED)
            else:
                self._study.tell(trial, objective)

    def _proposed(self) -> tuple[Any, Values] | None:
        """Return a new set that keeps the conditions, None when none of the proposals is one."""
        for _ in range(_TRIES):
            trial = self._study.ask(self._distributions)
            values = tuple(_value(axis, trial.params[axis.name]) for axis in self._space.axes)
            if values not in self._seen and self._space.allows(values):
                return trial, values
            self._study.tell(trial, state=self._states.FAIL)
        return None

    def _drawn(self) -> tuple[Any, Values] | None:
        """Return a new set drawn with equal chance, None when there is hardly any left."""
        for values in self._rest:
            if values not in self._seen:
                chosen = zip(self._space.axes, values, strict=True)
                self._study.enqueue_trial({axis.name: _place(axis, value) for axis, value in chosen})
                return self._study.ask(self._distributions), values
        return None


def _distribution(axis: Axis) -> Any:
    """Return where Optuna looks: the place in the axis's values, which are exact, or a number between its ends."""
    from optuna.distributions import FloatDistribution, IntDistribution

    return IntDistribution(0, len(axis.values) - 1) if axis.values else FloatDistribution(axis.low, axis.high)


def _value(axis: Axis, chosen: float) -> float:
    return axis.values[int(chosen)] if axis.values else float(chosen)


def _place(axis: Axis, value: float) -> float:
    return axis.values.index(value) if axis.values else value
