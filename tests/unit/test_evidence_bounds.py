"""How long evidence is cut, how large it may be, and what its file is called."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.core.evidence import (
    MOST_SAMPLES,
    blob_name,
    cut_bytes,
    cut_text,
    read_size,
    size_in_words,
    thinned,
)
from pytest_deploycheck.core.model import Evidence

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "size"),
    [("65536", 65536), ("64 KiB", 65536), (" 64kib ", 65536), ("64 kB", 64_000), ("1M", 1_000_000), ("2048 B", 2048)],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert read_size(text, where="x") == size


@pytest.mark.parametrize("text", ["", "much", "-1", "1.5 MB", "64 KiBi", "1e6", "9" * 13])
def test_what_is_no_size_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^the key: .* is no size; write it as in 65536, 64 KiB or 1 MB$"):
        read_size(text, where="the key")


def test_too_little_to_read_anything_in_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 1024"):
        read_size("1023", where="x")


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (3 * 1024**2, "3.0 MiB")]
)
def test_a_size_is_told_as_people_read_it(size: int, words: str) -> None:
    assert size_in_words(size) == words


@given(st.lists(st.text("aü\n部", max_size=400), min_size=20, max_size=60), st.integers(1024, 2000))
def test_what_is_cut_keeps_begin_and_end_within_the_limit(parts: list[str], limit: int) -> None:
    data = ("begin" + "".join(parts) + "x" * limit + "end").encode()
    cut = cut_bytes(data, limit, whole="see there")
    assert len(cut.encode()) <= limit
    head, _, tail = cut.partition("\n[... ")
    assert data.decode().startswith(head)
    assert data.decode().endswith(tail.partition(" ...]\n")[2])
    assert "; see there ...]" in cut


def test_no_line_is_broken_where_that_can_be_helped() -> None:
    data = "".join(f"line {number}\n" for number in range(1000)).encode()
    cut = cut_bytes(data, 1024, whole="-").splitlines()
    assert all(line.startswith(("line ", "[... ")) for line in cut)
    assert cut[-1] == "line 999"


def test_a_text_beyond_all_bounds_says_what_is_lost() -> None:
    cut = cut_text("a" * 600 + "b" * 600, 1000)
    assert cut.startswith("a" * 500 + "\n[... 200 characters lost")
    assert cut.endswith("...]\n" + "b" * 500)
    assert cut_text("a" * 1000, 1000) == "a" * 1000


@pytest.mark.parametrize(
    ("kind", "name", "suffix"),
    [
        ("text", "log.html", ".txt"),
        ("file", "shot.PNG", ".png"),
        ("file", "archive.tar.gz", ".gz"),
        ("file", "page.html", ".html.txt"),
        ("file", "drawing.svg", ".svg.txt"),
        ("file", "noname", ".bin"),
        ("file", "a.b/c", ".bin"),
        ("file", "x.../../etc/passwd", ".bin"),
        ("file", "x.äö", ".bin"),
    ],
)
def test_a_whole_is_called_by_its_digest(kind: str, name: str, suffix: str) -> None:
    assert blob_name(Evidence(kind=kind, name=name, text="", sha256=DIGEST)) == DIGEST + suffix


def test_what_is_whole_in_the_record_has_no_file() -> None:
    assert not blob_name(Evidence(kind="text", name="log", text="all"))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.integers(MOST_SAMPLES + 1, 3 * MOST_SAMPLES))
def test_thinned_samples_keep_their_extremes_and_their_order(pattern: list[float], count: int) -> None:
    samples = [pattern[place % len(pattern)] + place for place in range(count)]
    kept = thinned(samples)
    assert len(kept) <= MOST_SAMPLES
    assert (min(kept), max(kept)) == (min(samples), max(samples))
    rest = iter(samples)
    assert all(any(one == other for other in rest) for one in dict.fromkeys(kept))


def test_few_samples_stay_and_what_is_no_number_is_never_thinned_out() -> None:
    assert thinned([3, 1, 2]) == (3, 1, 2)
    many = [1.0] * 50_000
    many[33_333] = math.nan
    assert sum(map(math.isnan, thinned(many))) == 1
