"""What happened: platform events on a bus, and what is made of them (logs, metrics, cost)."""
