"""What every test shares."""

from __future__ import annotations

from hypothesis import settings

# No deadline: a busy two-core machine is not a fault. Derandomised: the same tests every run.
settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("default")
