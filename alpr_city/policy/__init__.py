"""The policy as data: one versioned file, read whole, with effective dates."""
