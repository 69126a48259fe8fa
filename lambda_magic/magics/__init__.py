"""What one types."""

from lambda_magic.magics.loader import load, unload

__all__ = ["load", "unload"]
