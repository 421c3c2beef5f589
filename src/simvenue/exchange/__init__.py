"""The exchange behind every dialect: instruments, accounts, orders, markets; knows no wire format and no socket."""
