"""The embedded AWS: moto's server as a child process, with what it needs to call functions."""
