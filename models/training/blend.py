"""A mean of weights: `python -m models.training.blend --out mixed.pt a.pt=0.6 b.pt=0.4`.

Between weights that were trained on from each other the mean is often better than either. With
`--data` they are a reader's, and its batch norms get the statistics of training crops anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.training import ocr_data
from models.training.ocr_net import PlateReader, renew_norms

CROPS = 1280


def blend(parts: list[tuple[Path, float]]) -> dict[str, torch.Tensor]:
    """The weighted mean of each tensor; the weights are scaled to add up to 1."""
    total = sum(weight for _, weight in parts)
    mixed: dict[str, torch.Tensor] = {}
    for path, weight in parts:
        for name, value in torch.load(path, map_location="cpu", weights_only=True).items():
            if value.is_floating_point():
                mixed[name] = mixed.get(name, 0) + value * (weight / total)
            else:
                mixed[name] = value
    return mixed


def crops_of(data: Path) -> Tensor:
    """Spoiled training crops, (N, 3, 64, 192)."""
    rng = np.random.default_rng(7)
    examples = list(ocr_data.load_real(data, "train"))
    views = [ocr_data.spoil(examples[int(rng.integers(len(examples)))], rng) for _ in range(CROPS)]
    return torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="for a reader: folder of the picture sets")
    parser.add_argument("parts", nargs="+", metavar="FILE=SHARE")
    args = parser.parse_args()
    pairs = [part.rsplit("=", 1) for part in args.parts]
    mixed = blend([(Path(file), float(share)) for file, share in pairs])
    if args.data:
        net = PlateReader()
        net.load_state_dict(mixed)
        renew_norms(net, crops_of(args.data).split(64))
        mixed = net.state_dict()
    torch.save(mixed, args.out)


if __name__ == "__main__":
    main()
