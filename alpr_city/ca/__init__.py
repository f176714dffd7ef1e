"""The city's certificate authority: an offline root, one authority for cameras, one for servers."""

from alpr_city.ca.authority import Authority, Issued

__all__ = ["Authority", "Issued"]
