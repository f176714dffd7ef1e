"""The reason before the look: purpose, case and reason, and the way from a page to the vault."""
