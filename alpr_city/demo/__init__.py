"""The demonstration: a throwaway city and one camera, every process the real program."""

from alpr_city.demo.story import Demo

__all__ = ["Demo"]
