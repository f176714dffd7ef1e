"""The front door: `alpr-edge COMMAND`. Each command is a module of `alpr_edge.commands`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from alpr_edge import commands
from alpr_edge.errors import EXIT_FAILED, AlprError, ConfigError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 good, 1 failed, 2 usage, 78 configuration."""
    parser = argparse.ArgumentParser(
        prog="alpr-edge", description="Licence plate reader: the camera appliance."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _commands():
        sub = subparsers.add_parser(module.NAME, help=module.HELP, description=module.__doc__)
        sub.formatter_class = argparse.RawDescriptionHelpFormatter
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except ConfigError as error:
        for fault in error.faults or (str(error),):
            print(f"alpr-edge: {fault}", file=sys.stderr)
        return error.exit_code
    except AlprError as error:
        print(f"alpr-edge: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing to say to it
        return EXIT_FAILED


def _commands() -> list[ModuleType]:
    names = sorted(m.name for m in pkgutil.iter_modules(commands.__path__))
    return [importlib.import_module(f"{commands.__name__}.{name}") for name in names]


if __name__ == "__main__":
    sys.exit(main())
