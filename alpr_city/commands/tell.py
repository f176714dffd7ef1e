"""Tell of each hit by webhook or e-mail, as `[tell]` of the settings has it. No plate is in either.

Runs until asked to stop, from the newest hit on; hits while it was down are in the console.
"""

from __future__ import annotations

import argparse
import time

NAME = "tell"
HELP = "tell of hits by webhook or e-mail"
LOOK_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the settings."""


def run(args: argparse.Namespace) -> int:
    """Tell until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.errors import ConfigError

    config = load(args.config)
    connect(config)
    from alpr_city.hits.fresh import Fresh
    from alpr_city.hits.telling import tell, tellers

    ways = tellers(config)
    if not ways:
        raise ConfigError(["[tell] names nobody to tell. Fix: set tell.webhook or the mail keys"])
    asked, fresh = AskedToStop(), Fresh()
    while not asked():
        tell(fresh, config, ways)
        time.sleep(LOOK_S)
    return 0
