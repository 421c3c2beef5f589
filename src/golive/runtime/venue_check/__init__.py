"""The doctor of one venue: what an operator wants to know before a session, measured, row by row."""
