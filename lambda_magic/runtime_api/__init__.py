"""What an execution environment talks to: the Runtime API over HTTP."""
