"""The matching kernel: integer ticks and lots, no I/O; used by paper execution and the simulated venue."""
