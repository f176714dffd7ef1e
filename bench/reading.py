"""What reading one 1280x720 picture costs, by stage, on one thread and on two."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent.parent / "tests" / "pictures"
STAGES = ("decode", "fit", "detector", "find", "near look", "rectify", "reader", "spell", "whole")


def measure(rounds: int) -> dict[str, Any]:
    """Run each thread count in a process of its own, so that peak memory is its own too."""
    results = {}
    for threads in (1, 2):
        command = [sys.executable, "-m", "bench.reading", str(threads), str(rounds)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results[f"threads_{threads}"] = json.loads(done.stdout)
    return results


def print_table(results: dict[str, Any]) -> None:
    """For people."""
    print("\nreading one 1280x720 picture (medians; 'whole' is without decoding)")
    print(
        f"{'stage':<10}"
        + "".join(f"{name.replace('_', ' '):>12} ms{'CPU ms':>9}" for name in results)
    )
    for stage in STAGES:
        cells = "".join(
            f"{r[stage]['ms']:>15.2f}{r[stage]['cpu_ms']:>9.2f}" for r in results.values()
        )
        print(f"{stage:<10}{cells}")
    for name, r in results.items():
        print(
            f"{name.replace('_', ' ')}: {r['plates_per_picture']:.2f} plates a picture, "
            f"peak memory {r['peak_mb']:.0f} MB"
        )


def _run(threads: int, rounds: int) -> dict[str, Any]:
    import cv2

    from alpr_edge.recognize import Recognizer

    cv2.setNumThreads(threads)
    recognizer = Recognizer.load(threads=threads)
    files = [p.read_bytes() for p in sorted(PICTURES.glob("*.jpg"))]
    import numpy as np

    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        spent[stage].append((time.perf_counter() - wall, time.process_time() - cpu))
        return result

    detector, reader = recognizer.detector, recognizer.reader
    look, near = detector._look, detector._near
    plates = 0
    for number in range(rounds + 1):
        if number == 1:  # the first round warms up
            spent.clear()
            plates = 0
        for data in files:
            image = timed(
                "decode", lambda data=data: cv2.imdecode(np.frombuffer(data, np.uint8), 1)
            )
            timed("fit", lambda image=image: look.fit(image))
            outputs = timed("detector", look.run)
            timed("find", lambda o=outputs: look.decode(o, detector.threshold))
            timed("near look", lambda: near.find(look.fitted, detector.threshold))
            found = timed("whole", lambda image=image: recognizer.recognize(image))
            plates += len(found)
            for box, _ in found[:1]:
                crop = timed(
                    "rectify", lambda image=image, box=box: reader.rectify(image, box.corners)
                )
                logits = timed("reader", lambda crop=crop: reader._network.run(crop))
                timed("spell", lambda o=logits: reader._text(o["characters"], o["regions"]))
    row: dict[str, Any] = {
        stage: {
            "ms": 1000 * statistics.median(w for w, _ in values),
            "cpu_ms": 1000 * statistics.median(c for _, c in values),
        }
        for stage, values in spent.items()
    }
    row["plates_per_picture"] = plates / (rounds * len(files))
    row["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return row


if __name__ == "__main__":
    print(json.dumps(_run(int(sys.argv[1]), int(sys.argv[2]))))
