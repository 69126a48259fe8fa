"""Where functions run: execution environments, their states, the pool, and sandboxes."""
