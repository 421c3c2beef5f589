"""What every dialect shares: raw requests and answers, connections, request limits, and the port the server drives."""
