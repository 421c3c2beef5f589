"""The process around an exchange: HTTP server, control routes, faults, lock-step, clocks."""
