"""A simulated exchange as a program of its own: real HTTP and WebSocket, real signatures, real matching, on loopback."""
