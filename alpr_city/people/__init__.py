"""Who works here: one account, one person, one organisation; sign-in and training."""
