"""Roads for the capture tests: small grey pictures drawn from a seed, no real light in them."""

from __future__ import annotations

import cv2
import numpy as np

from alpr_edge.seams import Image

SIZE_WH = (160, 90)


class Road:
    """A road with kerbs, texture and a bright sky, seen through a noisy sensor."""

    def __init__(self, *, seed: int = 1, noise: float = 1.0, light: float = 1.0) -> None:
        self.draw = np.random.default_rng(seed)
        self.noise = noise
        self.light = light
        width, height = SIZE_WH
        texture = cv2.GaussianBlur(self.draw.normal(0, 40, (height, width)), (7, 7), 0)
        scene = 90 + texture
        scene[: height // 5] = 300  # a sky that is washed out
        cv2.line(scene, (20, height), (70, height // 5), 180.0, 2)
        cv2.line(scene, (140, height), (90, height // 5), 40.0, 3)
        self.scene = scene

    def picture(self, *vehicles: tuple[int, int, int, int, float]) -> Image:
        """One small picture; a vehicle is left, top, width, height and grey level."""
        scene = self.scene.copy()
        for left, top, width, height, grey in vehicles:
            cv2.rectangle(scene, (left, top), (left + width - 1, top + height - 1), grey, -1)
        lit = scene * self.light + self.draw.normal(0, self.noise, scene.shape)
        return np.clip(np.rint(lit), 0, 255).astype(np.uint8)
