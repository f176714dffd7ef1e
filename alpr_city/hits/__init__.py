"""Matches of reads against lists, and what people made of them."""
