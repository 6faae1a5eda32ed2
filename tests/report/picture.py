"""Make the picture of the report that the README shows: ``python tests/report/picture.py``.

The file says in a text of its own which page it shows, so that a test can tell a picture that is out of date without
comparing pixels, which differ with the fonts of a machine.
"""

from __future__ import annotations

import hashlib
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PIL.PngImagePlugin import PngInfo

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = Path(__file__).parents[2] / "docs" / "report.png"
KEY = "page-sha256"


def digest_of(text: str) -> str:
    """What the picture says of the page it shows."""
    return hashlib.sha256(text.encode()).hexdigest()


def take(page: Page, text: str) -> bytes:
    """A PNG of the first screen of a report."""
    page.set_viewport_size({"width": 1200, "height": 900})
    page.set_content(text)
    said = PngInfo()
    said.add_text(KEY, digest_of(text))
    picture = BytesIO()
    Image.open(BytesIO(page.screenshot())).convert("P", palette=Image.Palette.ADAPTIVE).save(
        picture, "PNG", pnginfo=said, optimize=True
    )
    return picture.getvalue()


def main() -> None:
    """Write the picture anew."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
    from browsing import launched
    from scenes import page_of

    with launched() as browser:
        PICTURE.write_bytes(take(browser.new_page(), page_of("NO-GO")))
    print(f"written: {PICTURE}")


if __name__ == "__main__":
    main()
