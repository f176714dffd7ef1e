"""What people fill in to sign in and to be signed up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from alpr_city.people.models import Person
from alpr_city.policy import in_force


class SignIn(forms.Form):
    """First factor."""

    username = forms.CharField(
        label="User name",
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Code(forms.Form):
    """Second factor."""

    code = forms.RegexField(
        r"^[0-9]{6}$",
        label="Code of six digits from your authenticator",
        error_messages={"invalid": "Six digits, as the authenticator shows them."},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class Welcome(Code):
    """A new password, and the first code of a new authenticator."""

    password = forms.CharField(
        label="New password, 15 characters or more",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("password", "again", "code")

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = person

    def clean(self) -> dict[str, Any]:
        """Long enough, on no block list, the same twice."""
        data: dict[str, Any] = super().clean()
        if data.get("password") != data.get("again"):
            self.add_error("again", "This differs from the first.")
        elif data.get("password"):
            try:
                validate_password(data["password"], self._person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class NewPerson(forms.Form):
    """A new account."""

    username = forms.CharField(label="User name", max_length=40)
    name = forms.CharField(label="Name of the person", max_length=200)
    organisation = forms.CharField(label="Organisation", max_length=200)
    kind = forms.ChoiceField(label="Kind of organisation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = in_force().organisations
        self.fields["kind"].choices = [(code, kind.title) for code, kind in kinds.items()]


class Reason(forms.Form):
    """Why."""

    reason = forms.CharField(label="Reason", max_length=300)
