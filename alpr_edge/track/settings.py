"""What the tracker may assume about the road."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """Distances are in plate widths, so that they hold at any zoom."""

    gone_s: float = 1.0
    """Not seen for so long, a vehicle has left."""
    widths_per_s: float = 150.0
    """The fastest a plate can move across the picture: 100 mph seen from the side."""
    bend: float = 0.35
    """How far from its course a plate can be, as a share of the way it went unseen..."""
    swerve: float = 2.0
    """... and how far besides after one second."""
    still_widths: float = 0.6
    """A plate that has moved less than this stands."""
    parked_s: float = 15.0
    """Standing for so long it is parked, and read once."""
    parked_gone_s: float = 600.0
    """A parked vehicle that is not seen for so long has left."""
    reread_s: float = 5.0
    """How often a parked plate is read again, to notice that another vehicle took its place."""
    sure: float = 0.97
    """Fused confidence at which reading stops."""
    most_readings: int = 12
    again_s: float = 6.0
    """Read again within this time a text is the same passage, which was lost from sight."""
    lone_score: float = 0.5
    """A plate seen only once counts from this detector score on..."""
    lone_confidence: float = 0.4
    """... and only if its text is so sure: else it is a first or last glimpse of a plate that is
    followed by its better looks, or no plate."""
    still_confidence: float = 0.5
    """What never moved must be so sure..."""
    still_word_confidence: float = 0.8
    """... and so sure where it has no digit: signs by the road are words."""
    least_characters: int = 2
    brief_looks: int = 5
    brief_characters: int = 4
    """What was seen less often than this must have so many characters."""
    overview_px: int = 640
    """Width of the overview picture."""
