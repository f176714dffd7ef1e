"""People, the public agencies they work for, what they may do and what they have learnt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from alpr_city.policy import in_force


class Organisation(models.Model):
    """A public agency of California; no other has people here."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    """A code of the policy's organisations."""
    active = models.BooleanField(default=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """One table."""

        db_table = "organisation"

    def __str__(self) -> str:
        return str(self.name)


class People(BaseUserManager):
    """Finds people by user name, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> Any:
        """Sign-in's way to a person."""
        return self.get(username=(username or "").lower())


class Person(AbstractBaseUser):
    """One account, one person, one organisation."""

    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="people")
    suspended_at = models.DateTimeField(null=True)
    suspended_why = models.CharField(max_length=300, default="")
    session = models.CharField(max_length=64, default="")
    """The one session that counts; an older one is dead."""
    added_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    objects = People()

    class Meta:
        """One table."""

        db_table = "person"

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_active(self) -> bool:
        """Neither the person nor the organisation is suspended."""
        return self.suspended_at is None and bool(self.organisation.active)

    @property
    def roles(self) -> frozenset[str]:
        """Codes of the roles held today, trained for or not."""
        return frozenset(self.appointments.filter(ended_at=None).values_list("role", flat=True))

    def missing_courses(self, role: str) -> list[str]:
        """Courses that a role asks for and that are not valid for this person."""
        policy = in_force()
        if role not in policy.roles:
            return []
        return sorted(c for c in policy.roles[role].courses if not self.trained(c))

    def trained(self, course: str) -> bool:
        """Whether the course was passed in its present version and has not expired."""
        wanted = in_force().courses[course]
        since = datetime.now(UTC) - timedelta(days=wanted.valid_days)
        return bool(
            self.training.filter(
                course=course,
                version=wanted.version,
                passed_at__gt=since,
                passed_at__lte=datetime.now(UTC),
                withdrawn_at=None,
            ).exists()
        )

    def working_roles(self) -> frozenset[str]:
        """Roles that work: in the policy, for this kind of organisation, trained for."""
        policy = in_force()
        return frozenset(
            r
            for r in self.roles
            if r in policy.roles
            and self.organisation.kind in policy.roles[r].organisations
            and not self.missing_courses(r)
        )

    def rights(self) -> frozenset[str]:
        """What this person may do now."""
        if not self.is_active:
            return frozenset()
        return in_force().rights_of(self.working_roles())


class Appointment(models.Model):
    """A role given to a person, and taken again."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=40)
    given_by = models.CharField(max_length=64)
    given_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Held once at a time."""

        db_table = "appointment"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "person", "role", condition=models.Q(ended_at=None), name="role_held_once"
            )
        ]


class Training(models.Model):
    """A course that somebody passed."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="training")
    course = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    passed_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """By person."""

        db_table = "training"
        indexes: ClassVar = [models.Index("person", "course", name="training_of")]


class Invitation(models.Model):
    """A link that works once, to set a password and a second factor."""

    person = models.ForeignKey(Person, models.PROTECT)
    token = models.BinaryField(unique=True)
    """SHA-256 of what stands in the link."""
    made_by = models.CharField(max_length=64)
    confirmed_by = models.CharField(max_length=64, default="")
    recovery = models.BooleanField(default=False)
    """Replaces a second factor, and works only once another person has confirmed it."""
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """One table."""

        db_table = "invitation"
