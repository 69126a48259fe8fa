"""Cargo: what runs inside an execution environment. Imports nothing of lambda_magic."""
