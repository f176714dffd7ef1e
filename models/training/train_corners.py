"""Train the second look: `python -m models.training.train_corners --data DIR --out DIR`.

Candidates are drawn round the plates of the detector's own training views, as far off as the
detector is, and at the places that it took for plates and that are none (`models.training.mine`).
Resumes from `out/corners_last.pt`.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

from alpr_edge.recognize.detector import overlap
from alpr_edge.recognize.rectify import rectify
from models.training import det_data
from models.training.corner_net import MARGIN_XY, PATCH_WH, PlateCorners

Box = NDArray[np.float32]
"""An upright box as a quad (4, 2)."""


def patch_of(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """What the network sees of a candidate."""
    return rectify(image, [tuple(map(float, p)) for p in box], PATCH_WH, MARGIN_XY)


def coded(quad: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    """A quad as the network says it: shares of the patch, from its middle, (8,)."""
    size = np.ptp(box, 0) * (1 + 2 * np.array(MARGIN_XY))
    return ((quad - box.mean(0)) / size).reshape(8).astype(np.float32)


def upright(middle: NDArray, size: NDArray) -> Box:
    """The box of a size (width, height) round a point."""
    unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]], np.float32)
    return (middle + unit * size).astype(np.float32)


def near(quad: NDArray[np.float32], rng: np.random.Generator) -> Box:
    """A candidate as far off a plate as the detector's are."""
    size = np.ptp(quad, 0)
    middle = (quad.max(0) + quad.min(0)) / 2 + rng.normal(0, (0.09, 0.12)) * size
    return upright(middle, np.maximum(size * np.exp(rng.normal(0, (0.16, 0.2))), (6, 3)))


def candidates(
    view: det_data.View, rng: np.random.Generator
) -> list[tuple[Box, NDArray[np.float32] | None, bool]]:
    """Boxes with the plate that each is of, or None, and whether its corners are exact."""
    found: list[tuple[Box, NDArray[np.float32] | None, bool]] = []
    for quad, exact in zip(view.quads, view.exact, strict=True):
        if np.ptp(quad[:, 0]) < 9 or np.ptp(quad[:, 1]) < 4:
            continue
        for _ in range(2):
            box = near(quad, rng)
            if overlap(box, quad) > 0.35:
                found.append((box, quad, exact))
    taken = view.quads + view.ignored
    for quad in view.false:
        box = near(quad, rng)
        if all(overlap(box, other) < 0.15 for other in taken):
            found.append((box, None, False))
    height, width = view.image.shape[:2]
    for _ in range(2):
        wide = float(np.exp(rng.uniform(np.log(12), np.log(150))))
        size = np.array([wide, wide / rng.uniform(1.5, 5)])
        box = upright(rng.uniform((0, 0), (width, height)), size)
        if all(overlap(box, other) < 0.05 for other in taken):
            found.append((box, None, False))
    for quad in view.quads:
        # A sticker or a few characters of a plate are not the plate.
        if np.ptp(quad[:, 0]) > 60 and rng.random() < 0.3:
            part = rng.uniform(0.15, 0.4)
            at = quad.min(0) + rng.uniform(0.2, 0.8, 2) * np.ptp(quad, 0)
            found.append((upright(at, np.ptp(quad, 0) * part), None, False))
    return found


class Stream(IterableDataset):
    """Patches with targets, for ever: patch, code (8,), (is a plate, exact corners, box only)."""

    def __init__(self, data: Path, scenes: Path, plates: Path, places: Path) -> None:
        self.data, self.scenes, self.plates, self.places = data, scenes, plates, places

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([info.id if info else 0, time.time_ns() % 2**31])
        flat = list(det_data.flat_plates(self.data, rng, 5000))
        rendered = np.load(self.plates / "images.npy", mmap_mode="r")
        flat += [np.ascontiguousarray(rendered[i]) for i in rng.permutation(len(rendered))[:3000]]
        views = det_data.Views(
            det_data.load_pictures(self.data, "train", self.places),
            det_data.load_scenes(self.scenes),
            flat,
            0.25,
        )
        pool: list = []
        while True:
            view, _ = views.one(rng)
            for box, quad, exact in candidates(view, rng):
                patch = patch_of(view.image, box)
                code = np.zeros(8, np.float32) if quad is None else coded(quad, box)
                plate = quad is not None
                weight = (plate, plate and exact, plate and not exact)
                pool.append((patch, code, np.array(weight, np.float32)))
            while len(pool) > 400:  # neighbours of one view do not end in one batch
                yield pool.pop(int(rng.integers(len(pool))))


def loss_of(out: Tensor, code: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of the score, and of the corners in shares of the patch."""
    score = functional.binary_cross_entropy_with_logits(out[:, 0], weight[:, 0] * 0.98 + 0.01)
    said = out[:, 1:]
    apart = functional.smooth_l1_loss(said, code, beta=0.02, reduction="none").mean(-1)
    edges = [
        functional.smooth_l1_loss(
            pick(said[:, k::2], 1), pick(code[:, k::2], 1), beta=0.02, reduction="none"
        )
        for k in (0, 1)
        for pick in (torch.amin, torch.amax)
    ]
    box = torch.stack(edges).mean(0)
    corner = (apart * weight[:, 1] + (0.8 * box + 0.2 * apart) * weight[:, 2]).sum()
    return score, corner / weight[:, 0].sum().clamp(min=1)


def validation_set(data: Path) -> tuple[Tensor, Tensor, Tensor]:
    """Candidates round the validation pictures' plates; what is measured is their fit."""
    rng = np.random.default_rng(3)
    rows = []
    for picture in det_data.load_pictures(data, "val"):
        image = cv2.imread(str(picture.path))
        for quad in picture.quads:
            box = near(quad, rng)
            rows.append((patch_of(image, box), coded(quad, box)))
    patches = torch.from_numpy(np.array([p for p, _ in rows]))
    return patches, torch.from_numpy(np.array([c for _, c in rows])), torch.zeros(0)


def validate(net: nn.Module, patches: Tensor, codes: Tensor) -> dict[str, float]:
    """Share believed, and mean IoU of the upright boxes."""
    net.eval()
    with torch.no_grad():
        out = torch.cat([net(p.permute(0, 3, 1, 2).float() / 255) for p in patches.split(64)])
    net.train()
    said, true = (c.reshape(-1, 4, 2).numpy() for c in (out[:, 1:], codes))
    fit = [overlap(a, b) for a, b in zip(said, true, strict=True)]
    start = upright(np.zeros(2), 1 / (1 + 2 * np.array(MARGIN_XY)))
    return {
        "believed": round(float((out[:, 0] > 0).float().mean()), 4),
        "iou_before": round(float(np.mean([overlap(start, b) for b in true])), 4),
        "iou": round(float(np.mean(fit)), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--plates", type=Path, required=True)
    parser.add_argument("--places", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=900_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--every", type=int, default=1000, help="steps between validations")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    torch.manual_seed(1)
    args.out.mkdir(parents=True, exist_ok=True)
    patches, codes, _ = validation_set(args.data)
    net = PlateCorners().to(memory_format=torch.channels_last)
    shadow = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.999), use_buffers=True
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.02)
    step = 0
    last = args.out / "corners_last.pt"
    if last.exists():
        state = torch.load(last, map_location="cpu", weights_only=True)
        net.load_state_dict(state["net"])
        shadow.load_state_dict(state["shadow"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    loader = DataLoader(
        Stream(args.data, args.scenes, args.plates, args.places),
        batch_size=args.batch,
        num_workers=1,
        prefetch_factor=4,
    )
    clock, noted, totals = time.monotonic(), step, np.zeros(2)
    for patch, code, weight in loader:
        done = min(1.0, step * args.batch / args.samples)
        for group in optimiser.param_groups:
            warm = min(1.0, (step + 1) / 200)
            group["lr"] = args.rate * warm * (0.01 + 0.495 * (1 + math.cos(math.pi * done)))
        image = patch.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(image.float() / 255)
        score, corner = loss_of(out.float(), code, weight)
        optimiser.zero_grad()
        (score + 20.0 * corner).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        shadow.update_parameters(net)
        step += 1
        totals += (float(score.detach()), float(corner.detach()))
        if step % 100 == 0:
            rate = (step - noted) * args.batch / (time.monotonic() - clock)
            a, b = totals / (step - noted)
            print(f"step {step} {done:5.1%} score {a:.4f} corner {b:.5f} {rate:.0f}/s", flush=True)
            clock, noted, totals = time.monotonic(), step, np.zeros(2)
        if step % args.every == 0 or done >= 1.0:
            print(json.dumps({"step": step, **validate(shadow.module, patches, codes)}), flush=True)
            state = {
                "net": net.state_dict(),
                "shadow": shadow.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step,
            }
            torch.save(state, last.with_suffix(".tmp"))
            last.with_suffix(".tmp").replace(last)
            torch.save(shadow.module.state_dict(), args.out / "corners_best.pt")
            clock = time.monotonic()
        if done >= 1.0:
            break
    torch.save(shadow.module.state_dict(), args.out / "corners_final.pt")


if __name__ == "__main__":
    main()
