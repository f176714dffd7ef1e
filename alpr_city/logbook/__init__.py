"""The access log for the auditor, plates masked."""
