"""Looks for misuse in the access log, always on, owned by the auditor."""
