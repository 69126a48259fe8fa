"""Event sources: who calls functions without being asked."""
