"""Train the plate detector: `python -m models.training.train_det --data DIR --out DIR`.

Resumes from `out/det_last.pt`. The learning rate follows one cosine over `--samples`, which counts
across restarts.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from models.training import det_data
from models.training.det_net import INPUT_WH, STRIDE, PlateDetector
from models.training.ocr_net import freeze_norms


class Stream(IterableDataset):
    """Training views with their targets, for ever. Picks up the scene cache once it is there."""

    def __init__(
        self,
        data: Path,
        scenes: Path | None,
        plates: Path | None,
        places: Path | None,
        scene_share: float,
    ) -> None:
        self.data, self.scenes, self.plates, self.places = data, scenes, plates, places
        self.scene_share = scene_share

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([info.id if info else 0, time.time_ns() % 2**31])
        flat = list(det_data.flat_plates(self.data, rng, 4000))
        if self.plates and (self.plates / "READY").exists():
            rendered = np.load(self.plates / "images.npy", mmap_mode="r")
            flat += [
                np.ascontiguousarray(rendered[i]) for i in rng.permutation(len(rendered))[:2500]
            ]
        scenes = (
            det_data.load_scenes(self.scenes)
            if self.scenes and (self.scenes / "READY").exists()
            else []
        )
        views = det_data.Views(
            det_data.load_pictures(self.data, "train", self.places, det_data.REVIEWED),
            scenes,
            flat,
            self.scene_share,
        )
        while True:
            view, complete = views.one(rng)
            heat, care, codes, weight = det_data.targets(view)
            yield view.image, heat, care, codes, weight, np.float32(complete)


def loss_of(
    out: Tensor, heat: Tensor, care: Tensor, codes: Tensor, weight: Tensor, complete: Tensor
) -> tuple[Tensor, Tensor]:
    """Score loss (CenterNet's focal loss) and corner loss."""
    logit = out[..., 0]
    p = logit.sigmoid().clamp(1e-4, 1 - 1e-4)
    at = heat == 1
    count = at.sum().clamp(min=1)
    found = -((1 - p) ** 2 * p.log())[at].sum()
    elsewhere = (1 - heat) ** 4 * p**2 * -(1 - p).log() * care * ~at
    # Collected pictures leave some background plates unlabelled: a very confident "mistake"
    # there counts half.
    doubt = (p.detach() > 0.7) & (complete < 0.5)[:, None, None]
    elsewhere = torch.where(doubt, 0.5 * elsewhere, elsewhere).sum()
    said = out[..., 1:]
    exact = (said - codes).abs().mean(-1) * weight[..., 0]
    xs, ys = said[..., 0::2], said[..., 1::2]
    wx, wy = codes[..., 0::2], codes[..., 1::2]
    box = (
        (xs.amin(-1) - wx.amin(-1)).abs()
        + (xs.amax(-1) - wx.amax(-1)).abs()
        + (ys.amin(-1) - wy.amin(-1)).abs()
        + (ys.amax(-1) - wy.amax(-1)).abs()
    ) / 4
    # Where only the box is known, the corners may leave it by a tilt but not wander.
    near = (said - codes).abs().mean(-1)
    corner = (exact + (0.8 * box + 0.2 * near) * weight[..., 1]).sum() / weight.sum().clamp(min=1)
    return (found + elsewhere) / count, corner


def letterbox(image: np.ndarray, size_wh: tuple[int, int] = INPUT_WH) -> tuple[np.ndarray, float]:
    """Scale to fit, top left, rest 114. Returns the canvas and the factor."""
    height, width = image.shape[:2]
    scale = min(size_wh[0] / width, size_wh[1] / height)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=method)
    canvas = np.full((size_wh[1], size_wh[0], 3), 114, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas, scale


def decode(out: np.ndarray, threshold: float) -> list[tuple[float, np.ndarray]]:
    """Plates in one (H, W, 9) output: (score, quad in input pixels), surest first."""
    score = 1 / (1 + np.exp(-out[..., 0]))
    peak = (score >= threshold) & (score >= cv2.dilate(score, np.ones((3, 3), np.uint8)))
    cells = np.argwhere(peak)
    cells = cells[np.argsort(-score[peak])][:100]
    kept: list[tuple[float, np.ndarray]] = []
    for i, j in cells:
        quad = STRIDE * np.sinh(out[i, j, 1:].reshape(4, 2)) + (
            (j + 0.5) * STRIDE,
            (i + 0.5) * STRIDE,
        )
        if all(iou(quad, other) < 0.5 for _, other in kept):
            kept.append((float(score[i, j]), quad))
    return kept


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Of the upright boxes round two quads."""
    low, high = np.maximum(a.min(0), b.min(0)), np.minimum(a.max(0), b.max(0))
    both = float(np.prod(np.clip(high - low, 0, None)))
    return both / (float(np.ptp(a, 0).prod() + np.ptp(b, 0).prod()) - both + 1e-9)


@dataclass(slots=True)
class Tally:
    """Matches over a validation split."""

    hits: list[tuple[float, float, float]]  # score, IoU, width at 1280
    missed: list[float]
    false: list[float]
    pictures: int = 0


def match(
    found: list[tuple[float, np.ndarray]], quads: np.ndarray, per_1280: float, tally: Tally
) -> None:
    """Add one picture: quads and findings in the same pixels; a plate is found at IoU 0.5."""
    free = list(range(len(quads)))
    tally.pictures += 1
    for score, quad in found:
        best = max(free, key=lambda k: iou(quad, quads[k]), default=None)
        if best is not None and iou(quad, quads[best]) >= 0.5:
            free.remove(best)
            tally.hits.append(
                (score, iou(quad, quads[best]), float(np.ptp(quads[best][:, 0])) * per_1280)
            )
        elif all(iou(quad, q) < 0.5 for q in quads):
            tally.false.append(score)
    tally.missed += [float(np.ptp(quads[k][:, 0])) * per_1280 for k in free]


def summary(tally: Tally) -> dict[str, float]:
    """Recall by width and false plates a picture, by threshold."""
    hits = np.array(tally.hits).reshape(-1, 3)
    missed, false = np.array(tally.missed), np.array(tally.false)
    large = (hits[:, 2] >= 50).sum() + (missed >= 50).sum()
    small = len(hits) + len(missed) - large
    report: dict[str, float] = {"iou": round(float(hits[:, 1].mean()), 3) if len(hits) else 0}
    for threshold in (0.15, 0.25, 0.35, 0.5):
        on = hits[:, 0] >= threshold
        report[f"large@{threshold}"] = round(
            100 * float((on & (hits[:, 2] >= 50)).sum()) / max(1, large), 1
        )
        report[f"small@{threshold}"] = round(
            100 * float((on & (hits[:, 2] < 50)).sum()) / max(1, small), 1
        )
        report[f"false@{threshold}"] = round(float((false >= threshold).sum()) / tally.pictures, 3)
    return report


def validate(net: nn.Module, pictures: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Run over letterboxed pictures: (canvas, quads in canvas pixels)."""
    net.eval()
    tally = Tally([], [], [])
    with torch.no_grad():
        for canvas, quads in pictures:
            out = net(
                torch.from_numpy(canvas)
                .permute(2, 0, 1)[None]
                .contiguous(memory_format=torch.channels_last)
                .float()
                / 255
            )[0].numpy()
            match(decode(out, 0.1), quads, 1280 / INPUT_WH[0], tally)
    net.train()
    return summary(tally)


def load_validation(data: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """The validation pictures, letterboxed."""
    pictures = []
    for picture in det_data.load_pictures(data, "val"):
        canvas, scale = letterbox(cv2.imread(str(picture.path)))
        pictures.append((canvas, picture.quads * scale))
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=Path, help="scene cache written by models.training.cache")
    parser.add_argument("--plates", type=Path, help="plate cache written by models.training.cache")
    parser.add_argument("--places", type=Path, help="places.jsonl written by models.training.mine")
    parser.add_argument(
        "--frozen-norm", action="store_true", help="with --init from models.training.recover"
    )
    parser.add_argument("--init", type=Path, help="weights to start from, also of a shallower net")
    parser.add_argument("--bf16", action="store_true", help="on a CPU that has it, faster")
    parser.add_argument("--scene-share", type=float, default=0.35)
    parser.add_argument("--samples", type=int, default=90_000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=600, help="steps between validations")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)  # OpenCV's threads do not survive the loader's fork
    torch.set_float32_matmul_precision("medium")
    torch.manual_seed(1)
    args.out.mkdir(parents=True, exist_ok=True)
    val = load_validation(args.data)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = args.bf16 or device == "cuda"
    net = PlateDetector().to(device, memory_format=torch.channels_last)
    if args.init:
        net.start_from(torch.load(args.init, map_location=device, weights_only=True))
    shadow = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True
    )
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0}],
        lr=args.rate,
    )
    step = 0
    last = args.out / "det_last.pt"
    if last.exists():
        state = torch.load(last, map_location=device, weights_only=True)
        net.load_state_dict(state["net"])
        shadow.load_state_dict(state["shadow"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    loader = DataLoader(
        Stream(args.data, args.scenes, args.plates, args.places, args.scene_share),
        batch_size=args.batch,
        num_workers=args.workers,
        prefetch_factor=4,
    )
    clock, noted, totals = time.monotonic(), step, np.zeros(2)
    for batch in loader:
        done = min(1.0, step * args.batch / args.samples)
        for group in optimiser.param_groups:
            group["lr"] = (
                args.rate
                * min(1.0, (step + 1) / 200)
                * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
            )
        views, heat, care, codes, weight, complete = (t.to(device) for t in batch)
        image = (
            views.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last).float() / 255
        )
        if args.frozen_norm:
            freeze_norms(net)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            out = net(image)
        score, corner = loss_of(out.float(), heat, care, codes, weight, complete)
        optimiser.zero_grad()
        (score + 2.0 * corner).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        shadow.update_parameters(net)
        step += 1
        totals += (float(score.detach()), float(corner.detach()))
        if step % 100 == 0:
            rate = (step - noted) * args.batch / (time.monotonic() - clock)
            score_mean, corner_mean = totals / (step - noted)
            print(
                f"step {step} {done:5.1%} score {score_mean:.3f}"
                f" corner {corner_mean:.3f} {rate:.1f}/s",
                flush=True,
            )
            clock, noted, totals = time.monotonic(), step, np.zeros(2)
        if step % args.every == 0 or done >= 1.0:
            print(json.dumps({"step": step, **validate(shadow.module, val)}), flush=True)
            torch.save(
                {
                    "net": net.state_dict(),
                    "shadow": shadow.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step,
                },
                last.with_suffix(".tmp"),
            )
            last.with_suffix(".tmp").replace(last)
            clock = time.monotonic()
        if done >= 1.0:
            break
    torch.save(shadow.module.state_dict(), args.out / "det_final.pt")


if __name__ == "__main__":
    main()
