"""The live router of a session that only looks: the same one, with no account behind it, so that nothing can be sent or taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from golive.execution.live.route import Venue
from golive.execution.live.router import LiveExecutionRouter
from golive.metrics.recorder import Recorder
from golive.model.clock import Clock
from golive.model.errors import IllegalTransition
from golive.model.instrument import Instrument
from golive.venues.profile import VenueProfile

from ..plan import Plan
from ..routes import routes_of


def lookout(
    plan: Plan, instruments: Sequence[Instrument], venue: VenueProfile, recorder: Recorder, clock: Clock
) -> LiveExecutionRouter:
    """Return the router; an order that were given to it would be refused as `NOT_READY`, for no account ever is."""

    def never(what: object) -> NoReturn:
        raise IllegalTransition(f"{what} was asked of a session that is read-only")

    return LiveExecutionRouter(
        routes=routes_of(plan.config, plan.entrypoint),
        risk_profile=plan.risk_profile.name,
        venues=[Venue(plan.entrypoint.adapter, venue.label, {each.id: each for each in instruments})],
        recorder=recorder,
        monotonic=clock.monotonic,
        reapprove=never,
        new_id=never,
    )
