"""Make a city: authorities, root, vault, broker settings, database, and its first people.

Safe to run again: what is there is kept, what is missing is made, certificates that end soon are
replaced, and keys that the vault has drawn since are certified by the root, whose key must be here
for that and the vault stopped.

  alpr-city init --name "City of Example" --host lpr.example --policy policy.toml \\
      --administrator a.person "Ann Person" --designee b.person "Ben Person"

The policy file is the city's; `alpr-city check-policy --example` prints one to begin with.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alpr_city.config import CityConfig

NAME = "init"
HELP = "make a city's folder, or complete it"

FIRST = {"administrator": "people.manage", "designee": "training.record"}
"""Without these two rights nobody else can be let in, and nobody's training recorded."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--name", help="the city's name, where there is no settings file yet")
    parser.add_argument(
        "--folder", type=Path, default=Path("/var/lib/alpr-city"), help="where it keeps its files"
    )
    parser.add_argument(
        "--host", help="the name of this server for cameras and browsers, in a new settings file"
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the city's policy file")
    for role in FIRST:
        parser.add_argument(
            f"--{role}", nargs=2, metavar=("USERNAME", "NAME"), help=f"the first {role}"
        )


def run(args: argparse.Namespace) -> int:
    """Make it."""
    from alpr_city.bootstrap import bootstrap, keep
    from alpr_city.config import load
    from alpr_city.errors import ConfigError
    from alpr_city.ownership import hand_over
    from alpr_wire.enrolment import fingerprint

    if not args.config.exists():
        if not args.name:
            raise ConfigError([f"{args.config}: is not there. Fix: give --name to make it"])
        try:
            args.config.parent.mkdir(parents=True, exist_ok=True)
            args.config.write_text(_settings(args))
        except OSError as error:
            raise ConfigError([f"{args.config}: cannot be written ({error.strerror})"]) from error
    config = load(args.config)
    for line in bootstrap(config):
        print(line)
    if args.policy is not None:
        print(_adopt(config, args.policy))
    try:
        for line in _people(config, args):
            print(line)
    finally:
        if hand_over(config):
            print("each part belongs to the system user of its unit now")
    root = config.files.root_public.read_bytes()
    print(f"{config.city.name}: ready in {config.files.path}")
    print("what to keep where:")
    for path, where in keep(config):
        print(f"  {path}: {where}")
    print(f"fingerprint, which every technician compares: {fingerprint(root)}")
    return 0


def _settings(args: argparse.Namespace) -> str:
    """A first settings file; where the package's users are, for rooms that run as they."""
    from alpr_city.config import template
    from alpr_city.ownership import room_users

    text = template(args.name, args.folder, 8883, 8884)
    if args.host:
        text = text.replace('host = "localhost"', f'host = "{args.host}"')
        text = text.replace('address = "127.0.0.1"', 'address = "0.0.0.0"')
    if room_users() is not None:
        text = text.replace('url = "" ', 'url = "postgresql://alpr@/alpr?host=/run/postgresql" ')
        for part, user in (("[ingest]", "alpr-ingest"), ("[web]", "alpr-web")):
            before, after = text.split(part, 1)
            text = before + part + after.replace('user = "" ', f'user = "{user}" ', 1)
    return text


def _adopt(config: CityConfig, file: Path) -> str:
    """Put a sound policy file into force."""
    from alpr_city.errors import SetupError
    from alpr_city.policy.load import load as load_policy

    policy = load_policy(file)
    kept = config.files.policy / f"{policy.version}.toml"
    if kept.exists():
        if kept.read_bytes() != file.read_bytes():
            raise SetupError(
                f"{kept}: is there with another text", fix="give the changed policy a new version"
            )
        return f"policy {policy.version}: is there already"
    kept.write_bytes(file.read_bytes())
    return f"policy {policy.version}: {kept}"


def _people(config: CityConfig, args: argparse.Namespace) -> list[str]:
    """The first people, each change on record; nothing where a name is there already."""
    from alpr_city.bootstrap import vault_served
    from alpr_city.people import journal

    wanted = {right: getattr(args, who) for who, right in FIRST.items() if getattr(args, who)}
    if not wanted:
        return []
    with vault_served(config):
        try:
            return [_first(config, right, *who) for right, who in wanted.items()]
        finally:
            journal.hang_up()


def _first(config: CityConfig, right: str, username: str, name: str) -> str:
    from alpr_city.errors import SetupError
    from alpr_city.people import first
    from alpr_city.people.models import Person
    from alpr_city.policy import in_force

    if Person.objects.filter(username=username.lower()).exists():
        return f"{username}: is there already; a new link: alpr-city people link {username}"
    found = [c for c, role in in_force().roles.items() if right in role.rights]
    if not found:
        raise SetupError(f"the policy gives {right} to no role", fix="give it to one")
    made = first.add(username, name, config.city.name, "city", found[:1])
    courses = " and ".join(sorted(in_force().roles[found[0]].courses))
    return (
        f"{username}, {found[0]}: {first.link(made)} works once, within a day\n"
        f"  once trained in {courses}: alpr-city people train {username} --course COURSE"
    )
