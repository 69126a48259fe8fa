"""Who may run, and where: routing, concurrency, and the path of one invocation."""
