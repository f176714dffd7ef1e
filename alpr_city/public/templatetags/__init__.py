"""Filters of the public page."""
