"""Downloads: history from a venue into the store, politely, and going on where an earlier one stopped."""
