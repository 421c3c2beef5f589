"""Where a market comes from: a seeded generator, recorded candles, or a recorded depth and trade feed."""
