"""Make the first accounts, or a new link for somebody, from the server's own command line.

Everybody after the first administrator and designee is added in the console. The vault must run:
each change is put on record there first.
"""

from __future__ import annotations

import argparse

NAME = "people"
HELP = "add the first administrator, record training, make one-time links"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    sub = parser.add_subparsers(dest="do", required=True, metavar="WHAT")
    add = sub.add_parser("add", help="add an account; prints its one-time link")
    add.add_argument("username")
    add.add_argument("--name", required=True)
    add.add_argument("--organisation", required=True)
    add.add_argument("--kind", default="city", help="of organisation, as in the policy")
    add.add_argument("--role", action="append", required=True)
    train = sub.add_parser("train", help="record a passed course")
    train.add_argument("username")
    train.add_argument("--course", required=True)
    link = sub.add_parser("link", help="a one-time link for an account without factors")
    link.add_argument("username")
    sub.add_parser("demo", help="people of a throwaway city")
    sub.add_parser("list", help="accounts, roles, and what they lack")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        CityError: It is not allowed, or the vault could not put it on record.
    """
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.errors import PeopleError

    connect(load(args.config))
    from alpr_city.people import first, register
    from alpr_city.people.models import Person

    if args.do == "demo":
        first.demonstration_policy()
        for who, address in first.demonstration():
            print(f"{who}: {address}")
        return 0
    if args.do == "list":
        for person in Person.objects.select_related("organisation").order_by("username"):
            lacks = sorted({c for r in person.roles for c in person.missing_courses(r)})
            more = f"; not trained: {', '.join(lacks)}" if lacks else ""
            print(f"{person.username}: {person.organisation}; {', '.join(person.roles)}{more}")
        return 0
    if args.do == "add":
        made = first.add(args.username, args.name, args.organisation, args.kind, args.role)
        print(first.link(made))
        return 0
    found = Person.objects.filter(username=args.username.lower()).first()
    if found is None:
        raise PeopleError(f"there is no {args.username}", fix="see `alpr-city people list`")
    if args.do == "train":
        register.train(found, args.course, first.SETUP)
        print(f"{found.username} is trained in {args.course}")
        return 0
    if found.has_usable_password():
        raise PeopleError(
            f"{found.username} has a password", fix="recover it in the console, with two people"
        )
    print(first.link(found))
    return 0
