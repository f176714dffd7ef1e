"""Run mosquitto with the settings that this server generates."""

from __future__ import annotations

import argparse
import time

NAME = "broker"
HELP = "run the MQTT broker"
LOOK_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the settings."""


def run(args: argparse.Namespace) -> int:
    """Run until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.broker import Broker
    from alpr_city.broker.watch import RevocationWatch
    from alpr_city.config import load
    from alpr_city.errors import SetupError

    config = load(args.config)
    if not (config.files.broker / "mosquitto.conf").exists():
        raise SetupError(
            f"{config.files.broker}: no settings of the broker", fix="run `alpr-city init`"
        )
    asked = AskedToStop()
    with Broker(config.files.broker / "mosquitto.conf", config.broker.camera_port) as broker:
        watch = RevocationWatch(config.files.ca, config.files.broker, broker)
        while not asked():
            time.sleep(LOOK_S)
            watch.step()
    return 0
