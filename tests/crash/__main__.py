"""`make crash`: power cuts on a simulated disk, until something that was acknowledged is missing.

    make crash CUTS=1000000 SEED=1 ARGS="--log crash.jsonl"

Every life (five hundred cuts) grows from one integer, and a failure names it: the same store
with `--cuts 1 --seed N` has it again. Lives are run in parts, which a log keeps: the same command
with the same log goes on where it was stopped. Exit 0 when nothing was found, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.crash.verdict import Verdict

CUTS_A_LIFE = 500
LIVES_A_PART = 4


def run(store: str, cuts: int, seed: int, lies: float, weaken: str) -> dict[str, Any]:
    """Lives of one store, one after another, in this process."""
    from tests.crash import city_life
    from tests.crash.outbox_life import OutboxLife
    from tests.crash.vault_life import VaultLife
    from tests.crash.vfs import Simulated

    kinds: dict[str, type[OutboxLife | VaultLife]] = {"outbox": OutboxLife, "vault": VaultLife}
    start = city_life.begin() if store == "city" else None
    simulated = Simulated()
    simulated.install()
    found: Counter[str] = Counter()
    faults: list[str] = []
    done = 0
    while done < cuts:
        life: OutboxLife | VaultLife | city_life.CityLife
        if start:
            life = city_life.CityLife(simulated, seed, lies=lies, weaken=weaken, start=start)
        else:
            life = kinds[store](simulated, seed, lies=lies, weaken=weaken)
        life.live(min(CUTS_A_LIFE, cuts - done))
        verdict: Verdict = life.verdict
        done += verdict.cuts
        found += verdict.found
        faults += [f"seed {seed}: {fault}" for fault in verdict.faults]
        seed += 1
    if start:
        city_life.end(start)
    return {"done": done, "found": dict(found), "faults": faults[:20]}


def main() -> int:
    """Read the arguments, share the work, print."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--store", choices=("outbox", "city", "vault"), default="outbox")
    parser.add_argument("--cuts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--lies", type=float, default=0.0, help="share of syncs that do nothing")
    parser.add_argument("--weaken", default="", metavar="PRAGMA", help="to see that it is found")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep finished parts; go on there")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one-process", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_process:
        said = run(args.store, args.cuts, args.seed, args.lies, args.weaken)
        print(json.dumps(said), flush=True)
        os._exit(
            0
        )  # connections that died with their disk must not be closed after the VFS is gone
    began_s = time.monotonic()
    result = shared(args)
    result["seconds"] = round(time.monotonic() - began_s, 1)
    if args.json:
        print(json.dumps(result))
    else:
        print(
            f"{args.store}: {result['cuts']:,} power cuts from seed {args.seed}"
            f" in {result['seconds']:,.0f} s"
        )
        for word, count in sorted(result["found"].items()):
            print(f"  {word:<8} {count:>9,}")
        for fault in result["faults"]:
            print(f"  {fault}")
    return int(bool(result["faults"]))


def shared(args: argparse.Namespace) -> dict[str, Any]:
    """The same in several processes, part by part; a part has lives, and so seeds, of its own."""
    what = {name: getattr(args, name) for name in ("store", "lies", "weaken")}
    done = _done(args.log, what)
    a_part = CUTS_A_LIFE * LIVES_A_PART
    parts = {
        args.seed + LIVES_A_PART * n: min(a_part, args.cuts - at)
        for n, at in enumerate(range(0, args.cuts, a_part))
    }
    with ThreadPoolExecutor(max(1, args.jobs)) as pool:
        waiting = {
            pool.submit(_part, args, cuts, seed): seed
            for seed, cuts in parts.items()
            if done.get(seed, {}).get("cuts") != cuts
        }
        for part in as_completed(waiting):
            seed = waiting[part]
            done[seed] = {**what, "part": seed, "cuts": parts[seed], **part.result()}
            if args.log:
                with args.log.open("a") as log:
                    print(json.dumps(done[seed]), file=log)
    results = [done[seed] for seed in parts]
    found: Counter[str] = Counter()
    for result in results:
        found += result["found"]
    return {
        "cuts": sum(r["done"] for r in results),
        "found": dict(found),
        "faults": [fault for r in results for fault in r["faults"]],
    }


def _done(log: Path | None, what: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Parts of this kind that a log holds, by their first seed."""
    if log is None or not log.exists():
        return {}
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return {line["part"]: line for line in lines if what.items() <= line.items()}


def _part(args: argparse.Namespace, cuts: int, seed: int) -> dict[str, Any]:
    process = subprocess.run(
        [
            sys.executable, "-m", "tests.crash", "--one-process",
            "--store", args.store, "--cuts", str(cuts), "--seed", str(seed),
            "--lies", str(args.lies), "--weaken", args.weaken,
        ],
        stdout=subprocess.PIPE,
        check=False,
    )  # fmt: skip
    if process.returncode:
        raise SystemExit(f"a process of the simulator died with {process.returncode}")
    said: dict[str, Any] = json.loads(process.stdout)
    return said


if __name__ == "__main__":
    sys.exit(main())
