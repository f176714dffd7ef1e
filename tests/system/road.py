"""A road of its own between camera and city: a network namespace whose packets meet real faults.

The sync process runs in the namespace and reaches the city over a pair of virtual Ethernet devices;
the kernel's own packet filter and token bucket do the damage. It wants root and iproute2.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

CHAINS = {"input": "iifname", "output": "oifname"}
"""And by what each knows the road. Over the loopback device a process talks to itself."""


def why_not() -> str:
    """What keeps this machine from having namespaces; empty where it can have them."""
    if os.geteuid() != 0:
        return "wants root"
    for program in ("ip", "tc", "nft"):
        if shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin") is None:
            return f"wants {program}"
    made = subprocess.run(["ip", "netns", "add", "alpr-probe"], check=False, capture_output=True)
    subprocess.run(["ip", "netns", "del", "alpr-probe"], check=False, capture_output=True)
    return "this kernel gives no network namespace" if made.returncode else ""


class Road:
    """One camera's way to the city. `city` is the address at which the camera finds it."""

    def __init__(self) -> None:
        number = os.getpid() % 16384
        self.name = f"alpr{number}"
        net = f"10.{128 + number // 256 % 64}.{number % 256}"
        self.city, camera = f"{net}.1", f"{net}.2"
        self._ours, self._theirs = f"{self.name}c", f"{self.name}r"
        self._ip("netns", "add", self.name)
        self._ip("link", "add", self._ours, "type", "veth", "peer", "name", self._theirs)
        self._ip("link", "set", self._theirs, "netns", self.name)
        self._ip("addr", "add", f"{self.city}/24", "dev", self._ours)
        self._ip("link", "set", self._ours, "up")
        self._ip("-n", self.name, "addr", "add", f"{camera}/24", "dev", self._theirs)
        self._ip("-n", self.name, "link", "set", self._theirs, "up")
        self._ip("-n", self.name, "link", "set", "lo", "up")
        self.prefix = ["ip", "netns", "exec", self.name]
        """What a command begins with that runs at the camera's end."""
        self._filter("add table inet road")
        for chain in CHAINS:
            self._filter(f"add chain inet road {chain} {{ type filter hook {chain} priority 0; }}")

    def mend(self) -> None:
        """Everything comes through."""
        for chain in CHAINS:
            self._filter(f"flush chain inet road {chain}")
        for prefix, device in self._ends():
            _call([*prefix, "tc", "qdisc", "del", "dev", device, "root"], may_fail=True)

    def lose(self, percent: int) -> None:
        """So many packets of a hundred are lost, either way."""
        for chain in CHAINS:
            self._rule(chain, f"numgen random mod 100 < {percent} drop")

    def swallow(self) -> None:
        """Nothing comes through, and nobody is told."""
        for chain in CHAINS:
            self._rule(chain, "drop")

    def reset(self) -> None:
        """Whatever the camera sends is answered with a reset."""
        self._rule("output", "reject with tcp reset")

    def narrow(self, kbit: int = 64) -> None:
        """No more than so many kilobits a second, either way, behind a queue of two seconds."""
        for prefix, device in self._ends():
            how = f"rate {kbit}kbit burst 3000 latency 2s".split()
            _call([*prefix, "tc", "qdisc", "add", "dev", device, "root", "tbf", *how])

    def close(self) -> None:
        """Take the road away."""
        self._ip("link", "del", self._ours, may_fail=True)
        self._ip("netns", "del", self.name)

    def _ends(self) -> list[tuple[list[str], str]]:
        return [([], self._ours), (self.prefix, self._theirs)]

    def _rule(self, chain: str, what: str) -> None:
        device = f"{CHAINS[chain]} {self._theirs}"
        self._filter(f"add rule inet road {chain} {device} meta l4proto tcp {what}")

    def _filter(self, rule: str) -> None:
        _call([*self.prefix, "nft", rule])

    def _ip(self, *arguments: str, may_fail: bool = False) -> None:
        _call(["ip", *arguments], may_fail=may_fail)


def faked(offset: str) -> list[str]:
    """What a command begins with whose clocks are off by `offset`, such as '-1d', all alike.

    The wall clock alone cannot be: Python's sleep then fails under libfaketime.
    """
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    return ["env", f"LD_PRELOAD={library}", f"FAKETIME={offset}"]


def _call(command: list[str], *, may_fail: bool = False) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert may_fail or done.returncode == 0, f"{command}: {done.stderr}"
