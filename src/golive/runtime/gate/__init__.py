"""The gate between paper and live: opened by two people over an all-green checklist, looked at again, shut by anything else."""

from .closing import close_gate
from .demand import demand_open
from .gate_pass import GatePass
from .look import Checklist, Looks, NotGreen
from .opening import open_gate
from .watch import GateWatch

__all__ = ["Checklist", "GatePass", "GateWatch", "Looks", "NotGreen", "close_gate", "demand_open", "open_gate"]
