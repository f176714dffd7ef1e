"""Region of interest and masks."""

from __future__ import annotations

import numpy as np

from alpr_edge.capture.zones import Zones

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_a_mask_is_black_in_the_picture_before_anyone_sees_it() -> None:
    image = np.full((90, 160, 3), 200, np.uint8)
    Zones(masks=(LEFT_HALF,)).paint(image)
    assert not image[:, :80].any()
    assert (image[:, 82:] == 200).all()


def test_a_plate_outside_the_region_is_not_ours_to_read() -> None:
    zones = Zones(roi=LEFT_HALF)
    assert zones.admits((600, 500), (1920, 1080))
    assert not zones.admits((1000, 500), (1920, 1080))


def test_without_a_region_every_plate_is_read_and_every_pixel_watched() -> None:
    assert Zones().admits((1900, 3), (1920, 1080))
    assert Zones().watched(np.zeros((90, 160), np.uint8)) is None
