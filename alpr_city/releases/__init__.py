"""Requests of other agencies, reviewed, approved, fulfilled, kept on file."""
