"""How long reads are kept: holds, the nightly purge, and its certificates."""
