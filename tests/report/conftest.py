"""A real browser for the tests that look at pages; where none can be had they are skipped, and in CI they fail."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import NoBrowserError, launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


#: What Jenkins sends with every file of a build that it serves.
POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file of tests."""
    try:
        with launched() as found:
            yield found
    except NoBrowserError as error:
        said = f"THE REPORT WAS NOT LOOKED AT IN A BROWSER: {error}"
        if os.environ.get("CI"):
            pytest.fail(said, pytrace=False)
        pytest.skip(said)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A blank page, 1200 pixels wide."""
    found = browser.new_page(viewport={"width": 1200, "height": 900})
    yield found
    found.close()


@pytest.fixture
def jenkins(tmp_path: Path) -> Iterator[Callable[[Mapping[str, str]], str]]:
    """Serve files, by name, under Jenkins' policy; the call gives the address of the first."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", POLICY)
            super().end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(pages: Mapping[str, str]) -> str:
        for name, text in pages.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return f"http://127.0.0.1:{server.server_port}/{next(iter(pages))}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()
