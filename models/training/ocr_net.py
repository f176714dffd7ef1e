"""The plate reader's network: a rectified crop in, a character lattice and a region out."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Class 0 is the CTC blank; class i + 1 is ALPHABET[i]."""

_NAMES = """
us-al us-ak us-az us-ar us-ca us-co us-ct us-de us-dc us-fl us-ga us-hi us-id us-il
us-in us-ia us-ks us-ky us-la us-me us-md us-ma us-mi us-mn us-ms us-mo us-mt us-ne
us-nv us-nh us-nj us-nm us-ny us-nc us-nd us-oh us-ok us-or us-pa us-ri us-sc us-sd
us-tn us-tx us-ut us-vt us-va us-wa us-wv us-wi us-wy can eu br ar other
"""
REGIONS = tuple(_NAMES.split())

CROP_WH = (192, 64)
COLUMNS = 48
LINES = 2


def conv(
    inp: int, out: int, kernel: int | tuple[int, int] = 3, stride: int | tuple[int, int] = 1
) -> nn.Sequential:
    """Convolution, batch norm, ReLU, 'same' padding."""
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    return nn.Sequential(
        nn.Conv2d(inp, out, size, stride, (size[0] // 2, size[1] // 2), bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


def freeze_norms(net: nn.Module) -> None:
    """Keep batch norms at the scales and shifts that they have; undone by `net.train()`."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def measure_norms(net: nn.Module, batches: Iterable[Tensor]) -> None:
    """Give batch norms that were folded away the statistics of pictures.

    `net` is one that `models.training.recover` wrote. What it says stays the same, and it can then
    be trained like a new one.
    """
    seen: dict[nn.BatchNorm2d, list[Tensor]] = {}

    def note(module: nn.BatchNorm2d, inputs: tuple[Tensor], _: Tensor) -> None:
        flat = inputs[0].transpose(0, 1).flatten(1)
        seen.setdefault(module, []).append(torch.stack([flat.mean(1), (flat**2).mean(1)]))

    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [m.register_forward_hook(note) for m in norms]
    net.eval()
    with torch.no_grad():
        for batch in batches:
            net(batch)
        for norm in norms:
            mean, square = torch.stack(seen[norm]).mean(0)
            variance = square - mean**2
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            norm.bias += scale * (mean - norm.running_mean)
            norm.weight.copy_(scale * (variance + norm.eps).sqrt())
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
    for hook in hooks:
        hook.remove()
    net.train()


def renew_norms(net: nn.Module, batches: Iterable[Tensor]) -> None:
    """Give batch norms the statistics of pictures and leave their scales: for a mean of weights."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    net.train()
    with torch.no_grad():
        for batch in batches:
            net(batch)


class Residual(nn.Module):
    """Two convolutions round a shortcut; keeps shape."""

    def __init__(self, channels: int, kernel: int | tuple[int, int] = 3) -> None:
        super().__init__()
        size = (kernel, kernel) if isinstance(kernel, int) else kernel
        self.first = conv(channels, channels, size)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, size, 1, (size[0] // 2, size[1] // 2), bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


class PlateReader(nn.Module):
    """Convolutional CTC reader.

    Input (N, 3, 64, 192), BGR, 0 to 1. Output: characters (N, 96, 37) logits, columns 0 to 47
    for the upper (or only) line and 48 to 95 for the lower; regions (N, 56) logits.
    """

    def __init__(self, widths: tuple[int, ...] = (24, 48, 80, 96), line_width: int = 112) -> None:
        super().__init__()
        w1, w2, w3, w4 = widths
        self.trunk = nn.Sequential(
            conv(3, w1, stride=2),
            conv(w1, w2, stride=2),
            conv(w2, w2),
            conv(w2, w3, stride=(2, 1)),
            conv(w3, w3),
            conv(w3, w4, stride=(2, 1)),
            conv(w4, w4),
        )
        self.lines = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(w4, line_width, (4, 1), bias=False),
                nn.BatchNorm2d(line_width),
                nn.ReLU(inplace=True),
            )
            for _ in range(LINES)
        )
        self.context = nn.Sequential(
            Residual(line_width, (1, 5)), Residual(line_width, (1, 5)), nn.Dropout(0.1)
        )
        self.characters = nn.Conv2d(line_width, len(ALPHABET) + 1, 1)
        self.region_features = conv(w4, 128, stride=2)
        self.regions = nn.Linear(128 * 2, len(REGIONS))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(image)
        # One row of columns for each line, so that batch norms see both in training as in use.
        lines = self.context(torch.cat([line(features) for line in self.lines], dim=2))
        characters = self.characters(lines).flatten(2).permute(0, 2, 1)
        seen = self.region_features(features)
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], dim=1)
        return characters, self.regions(pooled)
