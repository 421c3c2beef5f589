"""The Kraken Spot dialect: signing, errors, limits, REST and WebSocket v2; imports nothing of Golive's application."""
