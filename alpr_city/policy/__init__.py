"""What the city has decided: purposes, roles, rights, training, retention. Data, never code."""

from alpr_city.policy.records import Course, Policy, Purpose, Role
from alpr_city.policy.store import adopted, history, in_force, use

__all__ = ["Course", "Policy", "Purpose", "Role", "adopted", "history", "in_force", "use"]
