"""Plates over time: boxes of single frames become one passage per vehicle.

    update(frame, boxes) ──► follow (which box is which vehicle)
                         ──► read   (only crops that add something)
                         ──► fuse   (the readings of a passage into one text)
                         ──► Passage, once the vehicle has left

Time is the frames' own, in seconds; how many frames there were does not matter.
"""

from alpr_edge.track.settings import TrackSettings
from alpr_edge.track.tracker import Tracker

__all__ = ["TrackSettings", "Tracker"]
