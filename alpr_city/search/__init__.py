"""Finds reads: exact, partial, by camera and time; and shows them."""
