"""The plate detector's network: for each 8x8 cell a score and four coded corners."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.ocr_net import Residual, conv

STRIDE = 8
INPUT_WH = (640, 384)


class PlateDetector(nn.Module):
    """A plain convolutional trunk to stride 32, brought back to stride 8.

    Input (N, 3, H, W), BGR, 0 to 1, H and W multiples of 32. Output (N, H/8, W/8, 9): a score
    logit, then for top left, top right, bottom right and bottom left the coded x and y offset
    from the cell's centre. A code o stands for 8 * sinh(o) pixels: fine for small plates,
    relative for large ones.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 24, 48, 80, 112), head: int = 64) -> None:
        super().__init__()
        w1, w2, w3, w4, w5 = widths
        self.to8 = nn.Sequential(
            conv(3, w1, stride=2), conv(w1, w2, stride=2), conv(w2, w3, stride=2), conv(w3, w3)
        )
        self.to16 = nn.Sequential(conv(w3, w4, stride=2), Residual(w4), Residual(w4))
        self.to32 = nn.Sequential(conv(w4, w5, stride=2), *(Residual(w5) for _ in range(3)))
        self.wide = conv(3 * w5, w5, 1)
        self.from32 = conv(w5, 64, 1)
        self.side16 = conv(w4, 64, 1)
        self.merge16 = conv(64, 64)
        self.from16 = conv(64, w3, 1)
        self.head = conv(w3, head)
        self.out = nn.Conv2d(head, 9, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        with torch.no_grad():
            # A score of 1 % everywhere at the start; corners of a plate about 60 px by 20.
            self.out.bias.copy_(torch.tensor([-4.6, -2, -1, 2, -1, 2, 1, -2, 1]))

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Take over weights; blocks these do not have start as identities."""
        lacking = self.load_state_dict(weights, strict=False).missing_keys
        for name, module in self.named_modules():
            if isinstance(module, Residual) and f"{name}.second.1.weight" in lacking:
                nn.init.zeros_(module.second[1].weight)

    def forward(self, image: Tensor) -> Tensor:
        at8 = self.to8(image)
        at16 = self.to16(at8)
        at32 = self.to32(at16)
        pooled = functional.max_pool2d(at32, 5, 1, 2)
        at32 = self.wide(torch.cat([at32, pooled, functional.max_pool2d(pooled, 5, 1, 2)], 1))
        up16 = functional.interpolate(self.from32(at32), scale_factor=2.0, mode="nearest")
        at16 = self.merge16(self.side16(at16) + up16)
        up8 = functional.interpolate(self.from16(at16), scale_factor=2.0, mode="nearest")
        return self.out(self.head(at8 + up8)).permute(0, 2, 3, 1)
