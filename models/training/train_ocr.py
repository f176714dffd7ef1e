"""Train the plate reader: `python -m models.training.train_ocr --data DIR --out DIR`.

Resumes from `out/ocr_last.pt`. The learning rate follows one cosine over `--samples`, which counts
across restarts, so a run that was cut off ends as one that was not.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from models.training import det_data, ocr_data
from models.training.ocr_net import (
    ALPHABET,
    COLUMNS,
    REGIONS,
    PlateReader,
    freeze_norms,
    measure_norms,
)

EASY_SAMPLES = 40_000
NONE_SHARE = 0.04
"""Of the real crops' weight, for mined and for reviewed places without a plate each."""
SURROUNDED = 0.5
"""Share of rendered plates that are seen with what is round them."""
NORM_BATCHES = 24
"""Batches that the statistics of folded batch norms are taken from."""
KEEP, SURELY_RIGHT = 3.0, 0.7
"""Weight of a teacher's readings, and the CTC loss up to which one counts as right."""
REGION = 0.1
"""How much the region counts against the text."""
SILENCE = 3.0
"""How much the lower columns' silence counts on plates with one line."""


class Views(IterableDataset):
    """An endless stream of spoiled views, real and rendered."""

    def __init__(
        self,
        examples: list[ocr_data.Example],
        rendered: Path | None,
        rendered_share: float,
        seed: int,
        seen: int,
    ) -> None:
        self.examples = examples
        weights = np.array([e.weight for e in examples])
        self.cumulative = np.cumsum(weights / weights.sum())
        self.rendered, self.share, self.seed, self.seen = rendered, rendered_share, seed, seen

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.seed, info.id if info else 0, time.time_ns() % 2**31])
        made = self.seen // (info.num_workers if info else 1)
        plates = (
            Rendered(self.rendered)
            if self.rendered and (self.rendered / "READY").exists()
            else None
        )
        while True:
            if plates is not None and rng.random() < self.share:
                example = plates.example(plates.choose(rng))
                if rng.random() < SURROUNDED:
                    image, quad = ocr_data.set_in(example.image, rng)
                    example = dataclasses.replace(example, image=image, quad=quad)
            else:
                example = self.examples[int(np.searchsorted(self.cumulative, rng.random()))]
            # Clean crops first: CTC leaves its all-blank plateau many times sooner on them.
            spoilt = rng.random() < made / EASY_SAMPLES
            view = (
                ocr_data.spoil(example, rng)
                if spoilt
                else ocr_data.straight_crop(example.image, example.quad)
            )
            made += 1
            target = np.zeros(10, np.int64)
            codes = [ALPHABET.index(c) + 1 for c in example.text]
            target[: len(codes)] = codes
            yield (
                view,
                target,
                len(codes),
                ocr_data.region_class(example.region),
                example.lines * COLUMNS,
                example.upper,
            )


def split_lines(net: nn.Module, examples: list[ocr_data.Example]) -> list[ocr_data.Example]:
    """The examples, with how the text divides where a network reads both lines of a plate right."""
    found = []
    net.eval()
    for example in examples:
        if example.lines == 2 and not example.upper:
            crop = ocr_data.straight_crop(example.image, example.quad)
            with torch.no_grad():
                (logits,), _ = net(torch.from_numpy(crop[None]).permute(0, 3, 1, 2).float() / 255)
            above, below = greedy(logits[:COLUMNS].numpy()), greedy(logits[COLUMNS:].numpy())
            if above + below == example.text and below:
                example = dataclasses.replace(example, upper=len(above))
        found.append(example)
    net.train()
    return found


class Rendered:
    """Plates from the cache that `models.training.cache` writes."""

    def __init__(self, folder: Path) -> None:
        self.images = np.load(folder / "images.npy", mmap_mode="r")
        rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
        self.texts = [row["text"] for row in rows]
        self.regions = [row["region"] for row in rows]
        self.uppers = [row["upper"] for row in rows]
        self.lines = [2 if upper else 1 for upper in self.uppers]
        self.squarish = np.flatnonzero(np.array(self.lines) == 2)

    def choose(self, rng: np.random.Generator) -> int:
        """Any plate; one with two lines more often than there are."""
        if rng.random() < ocr_data.TWO_LINE_SHARE and len(self.squarish):
            return int(rng.choice(self.squarish))
        return int(rng.integers(len(self.texts)))

    def example(self, index: int) -> ocr_data.Example:
        image = np.ascontiguousarray(self.images[index])
        height, width = image.shape[:2]
        return ocr_data.Example(
            image=image,
            quad=ocr_data._box_quad(0, 0, width, height),
            text=self.texts[index],
            region=self.regions[index],
            source="rendered",
            weight=1.0,
            lines=self.lines[index],
            upper=self.uppers[index],
        )


def text_loss(
    log_p: Tensor, targets: Tensor, counts: Tensor, lengths: Tensor, uppers: Tensor
) -> Tensor:
    """CTC over the columns that read each text; `log_p` is (T, N, classes).

    One line is read by the upper columns, and the lower ones must stay blank. Of two lines each has
    its own columns where it is known how the text divides (`uppers` > 0), which tells the network
    what a lower line is; else both rows together read the text.
    """

    def ctc(columns: Tensor, texts: Tensor, long: Tensor) -> Tensor:
        times = torch.full_like(long, len(columns))
        each = nn.functional.ctc_loss(
            columns, texts, times, long, reduction="none", zero_infinity=True
        )
        return (each / long.clamp(min=1).to(each.device)).sum()

    single, split = lengths == COLUMNS, uppers > 0
    whole = ~single & ~split
    loss = log_p.new_zeros(())
    if single.any():
        loss = loss + ctc(log_p[:COLUMNS, single], targets[single], counts[single])
        loss = loss - SILENCE * log_p[COLUMNS:, single, 0].sum() / COLUMNS
    if whole.any():
        loss = loss + ctc(log_p[:, whole], targets[whole], counts[whole])
    if split.any():
        above, below = targets[split], torch.zeros_like(targets[split])
        for row, upper in enumerate(uppers[split].tolist()):
            below[row, : below.shape[1] - upper] = above[row, upper:]
        rest = counts[split] - uppers[split]
        loss = loss + 0.5 * ctc(log_p[:COLUMNS, split], above, uppers[split])
        loss = loss + 0.5 * ctc(log_p[COLUMNS:, split], below, rest)
    return loss / len(counts)


def region_loss(logits: Tensor, regions: Tensor) -> Tensor:
    """Cross entropy where the region is known; where all that is known is "not the US", of that."""
    loss = logits.new_zeros(())
    known, foreign = regions >= 0, regions == ocr_data.ABROAD
    if known.any():
        loss = loss + nn.functional.cross_entropy(
            logits[known], regions[known], label_smoothing=0.05
        )
    if foreign.any():
        abroad = torch.tensor([not name.startswith("us-") for name in REGIONS])
        log_p = logits[foreign].log_softmax(1)[:, abroad].logsumexp(1)
        loss = loss - log_p.mean() * foreign.float().mean()
    return loss


def departure(
    log_p: Tensor, taught: Tensor, targets: Tensor, counts: Tensor, lengths: Tensor
) -> Tensor:
    """How far the upper columns are from a teacher's, where it reads one line right (KL)."""
    upper, own = taught[:COLUMNS], log_p[:COLUMNS]
    times = torch.full_like(counts, COLUMNS)
    wrong = nn.functional.ctc_loss(
        upper, targets, times, counts, reduction="none", zero_infinity=True
    )
    right = (lengths == COLUMNS) & (counts > 0) & (wrong.cpu() < SURELY_RIGHT)
    if not right.any():
        return log_p.new_zeros(())
    apart = (upper.exp() * (upper - own)).sum(2).mean(0)
    return apart[right].mean()


def greedy(logits: np.ndarray) -> str:
    """The text along the best path, (T, 37) logits."""
    best = logits.argmax(1)
    return "".join(
        ALPHABET[c - 1] for i, c in enumerate(best) if c and (i == 0 or best[i - 1] != c)
    )


def validate(
    net: nn.Module, examples: list[ocr_data.Example], margin_xy=(0.0, 0.0), *, both: bool = False
) -> dict[str, list[float]]:
    """Exact match by source: [strict %, O counted as 0 %, number].

    `both`: as the second reader is asked, which is not told how many lines there are.
    """
    net.eval()
    score: dict[str, list[float]] = {}
    with torch.no_grad():
        for start in range(0, len(examples), 64):
            part = examples[start : start + 64]
            crops = np.stack([ocr_data.straight_crop(e.image, e.quad, margin_xy) for e in part])
            logits, _ = net(torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255)
            for example, row in zip(part, logits.numpy(), strict=True):
                name = example.source
                if both:
                    said = greedy(row)
                    name += " two" if example.lines == 2 else ""
                else:
                    said = greedy(row[: example.lines * COLUMNS])
                if example.source in ocr_data.SCENE_SETS:
                    name = "scenes"
                tally = score.setdefault(name, [0, 0, 0])
                tally[0] += said == example.text
                tally[1] += said.replace("O", "0") == example.text.replace("O", "0")
                tally[2] += 1
    net.train()
    return {
        k: [round(100 * a / n, 1), round(100 * b / n, 1), n]
        for k, (a, b, n) in sorted(score.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--rendered", type=Path, help="plate cache written by models.training.cache"
    )
    parser.add_argument(
        "--none", type=Path, help="crops that are no plates, by models.training.mine"
    )
    parser.add_argument("--pseudo", type=Path, help="texts found by models.training.pseudo")
    parser.add_argument("--bf16", action="store_true", help="on a CPU that has it, twice as fast")
    parser.add_argument(
        "--frozen-norm", action="store_true", help="with --init from models.training.recover"
    )
    parser.add_argument("--init", type=Path, help="weights to start from")
    parser.add_argument(
        "--teacher", type=Path, help="weights whose right readings of one line are kept to"
    )
    parser.add_argument(
        "--reader",
        choices=("home", "abroad"),
        help="mostly American plates, for the first of two readers, or others, for the second",
    )
    parser.add_argument("--rendered-share", type=float, default=0.3)
    parser.add_argument("--samples", type=int, default=500_000)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=1000, help="steps between validations")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("medium")
    cv2.setNumThreads(0)  # OpenCV's threads do not survive the loader's fork
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    train = list(ocr_data.load_real(args.data, "train"))
    if args.reader == "home":
        train = ocr_data.for_home(train)
    elif args.reader == "abroad":
        train = ocr_data.for_abroad(train)
    if args.none:
        real = sum(e.weight for e in train)
        train += ocr_data.load_none(args.none, NONE_SHARE * real)
        train += ocr_data.load_reviewed_none(args.data, det_data.REVIEWED, NONE_SHARE * real)
    if args.pseudo:
        train += ocr_data.load_pseudo(args.data, args.pseudo)
    val = list(ocr_data.load_real(args.data, "val"))
    if args.reader:
        val = [e for e in val if ocr_data.american(e) == (args.reader == "home")]
    print(f"{len(train)} training crops, {len(val)} validation crops", flush=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = args.bf16 or device == "cuda"
    net = PlateReader().to(device, memory_format=torch.channels_last)
    if args.init:
        net.load_state_dict(torch.load(args.init, map_location=device, weights_only=True))
        if args.reader == "abroad":
            train = split_lines(net, train)
        if not args.frozen_norm:
            views = DataLoader(
                Views(train, args.rendered, args.rendered_share, args.seed, EASY_SAMPLES),
                args.batch,
            )
            first = (batch[0].permute(0, 3, 1, 2).float() / 255 for batch in views)
            measure_norms(net, itertools.islice(first, NORM_BATCHES))
            torch.save(net.state_dict(), args.out / "ocr_begun.pt")
    teacher = None
    if args.teacher:
        teacher = PlateReader().to(device, memory_format=torch.channels_last)
        teacher.load_state_dict(torch.load(args.teacher, map_location=device, weights_only=True))
        teacher.eval()
    shadow = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True
    )
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0}],
        lr=args.rate,
    )
    step, spent = 0, 0.0
    last = args.out / "ocr_last.pt"
    if last.exists():
        state = torch.load(last, map_location=device, weights_only=True)
        net.load_state_dict(state["net"])
        shadow.load_state_dict(state["shadow"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent_s"]
    loader = DataLoader(
        Views(
            train,
            args.rendered,
            args.rendered_share,
            args.seed,
            max(step * args.batch, EASY_SAMPLES if args.init else 0),
        ),
        batch_size=args.batch,
        num_workers=args.workers,
        prefetch_factor=4,
    )
    clock = time.monotonic()
    noted, noted_s, total = step, spent, 0.0
    best = -1.0
    for views, targets, counts, regions, lengths, uppers in loader:
        now = time.monotonic()
        spent += now - clock
        clock = now
        done = min(1.0, step * args.batch / args.samples)
        warm = min(1.0, (step + 1) / 300)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        batch = (
            views.to(device).permute(0, 3, 1, 2).to(memory_format=torch.channels_last).float() / 255
        )
        if args.frozen_norm:
            freeze_norms(net)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            logits, region_logits = net(batch)
        log_p = logits.float().log_softmax(2).permute(1, 0, 2)
        loss = text_loss(log_p, targets.to(device), counts, lengths, uppers)
        if teacher is not None:
            with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=half):
                taught = teacher(batch)[0].float().log_softmax(2).permute(1, 0, 2)
            loss = loss + KEEP * departure(log_p, taught, targets.to(device), counts, lengths)
        loss = loss + REGION * region_loss(region_logits.float(), regions.to(device))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        shadow.update_parameters(net)
        step += 1
        total += float(loss.detach())
        if step % 200 == 0:
            pace = (step - noted) * args.batch / (spent - noted_s)
            print(
                f"step {step} {done:5.1%} loss {total / (step - noted):.3f} {pace:.0f}/s",
                flush=True,
            )
            noted, noted_s, total = step, spent, 0.0
        if step % args.every == 0 or done >= 1.0:
            score = validate(shadow.module, val, both=args.reader == "abroad")
            mean = sum(v[0] for v in score.values()) / len(score)
            print(json.dumps({"step": step, "mean": round(mean, 2), **score}), flush=True)
            state = {
                "net": net.state_dict(),
                "shadow": shadow.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step,
                "spent_s": spent,
            }
            torch.save(state, last.with_suffix(".tmp"))
            last.with_suffix(".tmp").replace(last)
            if mean >= best:
                best = mean
                torch.save(shadow.module.state_dict(), args.out / "ocr_best.pt")
            clock = time.monotonic()
        if done >= 1.0:
            break
    torch.save(shadow.module.state_dict(), args.out / "ocr_final.pt")


if __name__ == "__main__":
    main()
