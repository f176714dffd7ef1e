"""Pictures that a person hands in: found, opened with care, read, shown."""
