"""The OKX v5 dialect: signing, codes, limits, REST and WebSocket; imports nothing of Golive."""
