"""The city server's settings file, `city.toml`: read once, checked whole, frozen."""

from alpr_city.config.files import CityFolder
from alpr_city.config.load import CityConfig, load, template

__all__ = ["CityConfig", "CityFolder", "load", "template"]
