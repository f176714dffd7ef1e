"""Holds, purge and its certificates."""
