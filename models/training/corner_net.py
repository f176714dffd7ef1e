"""The second look: sees one candidate close up, judges it and fits its corners."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.training.ocr_net import Residual, conv

PATCH_WH = (128, 64)
MARGIN_XY = (0.5, 0.8)
"""What is seen round a candidate's upright box, as shares of its width and height, on each side."""


class PlateCorners(nn.Module):
    """Input (N, 3, 64, 128), BGR, 0 to 1. Output (N, 9): a score logit, then x and y of top left,
    top right, bottom right and bottom left, as shares of the patch, measured from its middle.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 96)) -> None:
        super().__init__()
        w1, w2, w3, w4 = widths
        self.trunk = nn.Sequential(
            conv(3, w1, stride=2),
            conv(w1, w2, stride=2),
            Residual(w2),
            conv(w2, w3, stride=2),
            Residual(w3),
            Residual(w3),
            conv(w3, w4, stride=2),
            Residual(w4),
            conv(w4, 32, 1),
            nn.Flatten(),
        )
        self.joint = nn.Sequential(nn.Linear(32 * 8 * 4, 192), nn.ReLU(inplace=True))
        self.out = nn.Linear(192, 9)
        nn.init.normal_(self.out.weight, std=0.01)
        with torch.no_grad():
            x, y = 0.25, 0.19
            self.out.bias.copy_(torch.tensor([0, -x, -y, x, -y, x, y, -x, y]))

    def forward(self, patch: Tensor) -> Tensor:
        return self.out(self.joint(self.trunk(patch)))
