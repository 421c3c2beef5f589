"""The one room that opens state, journal and report files. Import from its modules: each carries its own weight."""
