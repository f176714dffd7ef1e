"""Counts for others than law enforcement: no plate, small cells suppressed."""
