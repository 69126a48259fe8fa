"""`lambda-magic bench`: how fast it is on this machine, beside peers measured in the same run."""
