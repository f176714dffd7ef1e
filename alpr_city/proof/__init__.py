"""Proves what is stored: every record in its place, or on record as gone."""
