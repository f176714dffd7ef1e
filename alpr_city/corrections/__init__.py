"""Revisions of a read's text or state; the old stays, the error counts."""
