"""The city's MQTT broker: mosquitto, its settings generated and never edited by hand."""

from alpr_city.broker.mosquitto import Broker
from alpr_city.broker.settings import BrokerSettings, write_settings

__all__ = ["Broker", "BrokerSettings", "write_settings"]
