"""The tests that runbooks name: run here or taken from a JUnit file, and kept as a signed result."""
