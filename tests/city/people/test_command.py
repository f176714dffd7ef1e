"""`alpr-city people`: the first accounts, from the server's own command line, each on record."""

from __future__ import annotations

import pytest

from alpr_city.cli import main
from tests.city.console import Console


def people(city: Console, *arguments: str) -> int:
    settings = str(city.config.files.path.parent / "city.toml")
    return main(["people", "--config", settings, *arguments])


ADD = ("add", "second.admin", "--name", "Second Admin", "--organisation", "City of Testville")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*ADD[:-1], "Border Agency", "--kind", "federal", "--role", "sheriff"), "1798.90.55"),
        ((*ADD[:-1], "New Town", "--role", "wizard"), "the policy has no role wizard"),
        ((*ADD, "--role", "administrator", "--role", "prosecutor"), "both sides of a control"),
        (("add", "officer", *ADD[2:], "--role", "administrator"), "officer is taken"),
        (("train", "nobody", "--course", "privacy"), "there is no nobody"),
        (("train", "officer", "--course", "yoga"), "the policy has no course yoga"),
        (("link", "officer"), "recover it in the console, with two people"),
    ],
)
def test_it_refuses(
    city: Console, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    from alpr_city.people.models import Organisation, Person

    before = set(Person.objects.values_list("username", flat=True))
    organisations = Organisation.objects.count()
    assert people(city, *arguments) == 1
    assert said in capsys.readouterr().err
    assert set(Person.objects.values_list("username", flat=True)) == before, "nothing is left"
    assert Organisation.objects.count() == organisations


def test_it_adds_an_administrator_who_works_once_trained(
    city: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    assert people(city, *ADD, "--role", "administrator") == 0
    assert capsys.readouterr().out.startswith("https://localhost:8443/people/welcome/")
    assert city.person("second.admin").rights() == frozenset()
    assert people(city, "train", "second.admin", "--course", "privacy") == 0
    assert "people.manage" in city.person("second.admin").rights()
    actions = [e[2] for e in city.log() if str(e[2]).startswith("people.")]
    assert actions == ["people.account", "people.role", "people.invitation", "people.training"]


def test_it_lists_who_lacks_what(city: Console, capsys: pytest.CaptureFixture[str]) -> None:
    from alpr_city.people.models import Training

    Training.objects.filter(person__username="auditor").delete()
    assert people(city, "list") == 0
    said = capsys.readouterr().out
    assert "auditor: City of Testville; auditor; not trained: privacy" in said
