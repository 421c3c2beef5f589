"""Live execution: the router that takes approved orders to venues, as a synchronous state machine."""
