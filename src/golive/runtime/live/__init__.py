"""Live accounts: what carries the live router's effects out, one account per venue, from recovery to the last fill."""
