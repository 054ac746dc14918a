"""Renders docs/images/*.png from the real page of samples/three-tier: `python -m tests.pictures`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import drive, missing
from tests.review_pages import html

IMAGES = Path(__file__).parent.parent / "docs" / "images"
WINDOW = {"width": 1152, "height": 760}
SHOTS: tuple[dict[str, Any], ...] = (
    {"file": "review-decision.png", "viewport": WINDOW},
    {"file": "review-topology.png", "viewport": WINDOW, "selector": "#topology"},
    {"file": "review-waves.png", "viewport": WINDOW, "selector": "#waves"},
    {"file": "review-workload.png", "viewport": WINDOW, "selector": "section.workload"},
    {
        "file": "review-sides.png",
        "most": 640,
        "viewport": WINDOW,
        "selector": ".topics",
        "open": [".whole > div > details:first-of-type"],
    },
)


def main() -> int:
    if why := missing():
        sys.stderr.write(f"pictures: {why}\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "index.html")
        place.write_bytes(html("three-tier"))
        drive([{"path": str(place), "shots": [shot | {"file": str(IMAGES / shot["file"])} for shot in SHOTS]}])
    for path in sorted(IMAGES.glob("*.png")):
        sys.stdout.write(f"{path.relative_to(Path.cwd())}: {path.stat().st_size // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
