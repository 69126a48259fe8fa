"""The runtime of Python functions: a client of AWS's Runtime API. Standard library only."""
