"""The judge of the crash proofs: reads the venue's ledger and the bot's files, and imports nothing of either."""
