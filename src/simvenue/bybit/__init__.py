"""The Bybit v5 dialect, category spot: signatures, REST, WebSocket, codes and limits of that exchange."""
