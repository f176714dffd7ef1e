"""A mean of weights: `python -m models.training.blend --out mixed.pt a.pt=0.6 b.pt=0.4`.

Between weights that were trained on from each other the mean is often better than either.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("parts", nargs="+", metavar="FILE=SHARE")
    args = parser.parse_args()
    pairs = [part.rsplit("=", 1) for part in args.parts]
    torch.save(blend([(Path(file), float(share)) for file, share in pairs]), args.out)


if __name__ == "__main__":
    main()
