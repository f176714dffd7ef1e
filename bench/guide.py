"""The pictures of `docs/FIELD.md`, made by the tools on the drawn clip: `python -m bench.guide`.

`alpr-edge aim` runs with its page and its sheet; a browser gives the PIN and takes the screenshot;
the sheet's first page is drawn from the PDF. No plate is anybody's, and all are covered.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By

from models.training.clip import demo_clip, write_clip

SHOT_S, START_S, END_S = 14.0, 120.0, 300.0
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu"),
    *("--window-size=760,1000", "--hide-scrollbars"),
)


def camera(folder: Path) -> Path:
    """Settings of a camera that watches the clip."""
    identity = folder / "identity"
    identity.mkdir()
    (identity / "camera-id").write_text("cam-one\n")
    (identity / "seal.pub").write_bytes(bytes(1216))
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (identity / "signing.pem").write_bytes(key)
    write_clip(demo_clip(), folder / "clip.mp4")
    settings = folder / "edge.toml"
    settings.write_text(
        f'[camera]\nsource = "playback"\nwidth_px = 1280\nheight_px = 720\n'
        f'[playback]\npath = "{folder / "clip.mp4"}"\n'
        f'[outbox]\nidentity = "{identity}"\nfolder = "{folder / "outbox"}"\n'
        f'[health]\nbaseline = "{folder / "baseline.png"}"\n'
    )
    return settings


def shoot(address: str, pin: str, out: Path) -> None:
    """Give the PIN and take the page once vehicles were seen."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in FLAGS:
        options.add_argument(flag)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver") or "")
    with webdriver.Chrome(options=options, service=service) as driver:
        driver.get(address)
        driver.find_element(By.NAME, "pin").send_keys(pin)
        driver.find_element(By.TAG_NAME, "button").click()
        time.sleep(SHOT_S)
        driver.save_screenshot(str(out))


def main() -> int:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    out = parser.parse_args().out.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = ["aim", "--config", str(camera(folder)), "--by", "A. Technician", "--lanes", "2"]
        aim = subprocess.Popen(
            [
                *(sys.executable, "-m", "alpr_edge.cli", *command),
                *("--page", "--sheet", str(folder / "sheet")),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert aim.stderr is not None
        said = re.match(r"(http://\S+)  PIN (\S+)", aim.stderr.readline())
        assert said is not None
        shoot(said[1], said[2], out / "aim-page.png")
        try:
            aim.wait(END_S)
        except subprocess.TimeoutExpired:
            aim.send_signal(signal.SIGINT)
            aim.wait(60)
        draw = ["pdftoppm", "-png", "-r", "50", "-singlefile", str(folder / "sheet.pdf")]
        subprocess.run([*draw, str(out / "commissioning-sheet")], check=True)
    for made in ("aim-page.png", "commissioning-sheet.png"):
        drawn = Image.open(out / made).convert("P", palette=Image.Palette.ADAPTIVE, colors=48)
        drawn.save(out / made, optimize=True)
        print(out / made, (out / made).stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
