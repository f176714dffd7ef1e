"""The front door: `alpr-city COMMAND`. Each command is a module of `alpr_city.commands`.

A module's `user` names the system user whose rights it needs; root becomes that user first.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from alpr_city import commands
from alpr_city.errors import CityError, ConfigError

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_CONFIG = 0, 1, 2, 78
SETTINGS = Path("/etc/alpr-city/city.toml")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 good, 1 failed, 2 usage, 78 configuration."""
    parser = argparse.ArgumentParser(
        prog="alpr-city", description="Licence plate reader: the city server."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _commands():
        sub = subparsers.add_parser(module.NAME, help=module.HELP, description=module.__doc__)
        sub.formatter_class = argparse.RawDescriptionHelpFormatter
        sub.add_argument("--config", type=Path, default=SETTINGS, metavar="FILE")
        module.add_arguments(sub)
        sub.set_defaults(run=module.run, user=getattr(module, "user", None))
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format=f"alpr-city {args.command}: %(message)s"
    )
    try:
        if args.user is not None:
            _become(args)
        return int(args.run(args))
    except ConfigError as error:
        for fault in error.faults:
            print(f"alpr-city: {fault}", file=sys.stderr)
        return EXIT_CONFIG
    except CityError as error:
        print(f"alpr-city: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing to say to it
        return EXIT_FAILED


def _become(args: argparse.Namespace) -> None:
    from alpr_city.becoming import become
    from alpr_city.config import load

    become(args.user(args), load(args.config).files.path)


def _commands() -> list[ModuleType]:
    names = sorted(m.name for m in pkgutil.iter_modules(commands.__path__))
    return [importlib.import_module(f"{commands.__name__}.{name}") for name in names]


if __name__ == "__main__":
    sys.exit(main())
