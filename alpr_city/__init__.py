"""The city server: ingest, vault, records and console."""
