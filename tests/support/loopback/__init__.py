"""Picture services on loopback sockets that speak the real protocols, and fail in every way."""
