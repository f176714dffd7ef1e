"""Held reads on portable media as a signed bag, and its custody."""
