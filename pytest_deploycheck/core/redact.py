"""Take secrets out of text before anything is stored.

Two kinds are known: the values of variables that are secret, in every form in which programs print them, and what looks
like a secret by itself (`pytest_deploycheck.core.shapes`). Every replacement is ``[redacted:NAME]``, so that the length
of a secret is not told either. To redact twice is to redact once.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from urllib.parse import quote, quote_plus

from pytest_deploycheck.core.elisions import elisions
from pytest_deploycheck.core.shapes import (
    BORING,
    KEY,
    KEY_HINT,
    KEY_WITHOUT_BEGIN,
    LOCATORS,
    MARK,
    MARK_BEGIN,
    SHAPES,
    replacement,
)

_SECRET_NAME = re.compile(
    r"(?i)secret|token|passw(or)?d|passphrase|[a-z]_pwd\b|api_?key|(?:^|_)key$|private_?key|access_?key|credential|cookie"
    r"|jwt|bearer|webhook|auth(?!or)"
)
#: Variables that say where a secret lies.
_PLACE_NAME = re.compile(r"(?i)_(file|path|sock|dir|home)$")
_PLACE = re.compile(r"(?:/[\w.@+-]+){2,}/?")
_URL_PASSWORD = re.compile(r"://[^\s/@:]*:([^\s/@]+)@")
#: Values shorter than this are words, not secrets: replacing "1" or "dev" everywhere would ruin the evidence.
_SHORTEST = 6
#: The same for what somebody declared to be secret.
_SHORTEST_DECLARED = 4
#: Of a line of a secret that has several.
_SHORTEST_LINE = 12
_SHORTEST_FORM = 6
#: A secret of more characters than this is also looked for in parts, of so many characters each.
_LONG = 120
_CHUNK = 16
#: Characters; in a longer text it pays to look for the places first at which something may begin.
_SHORT = 1 << 12
#: Characters; a longer text is looked at in pieces.
_PIECE = 1 << 18
#: Characters; beyond this the end of a key whose begin is missing is not looked for.
_LONGEST_LOOK = 1 << 20


def secrets_in(environment: Mapping[str, str], extra: Iterable[str] = ()) -> dict[str, str]:
    """The secret values of an environment, value -> name, longest first.

    A variable is secret when its name looks so or stands in `extra`, and so is a password in a URL. Left are values
    under six characters (four, where the name stands in `extra`), everyday words such as ``enabled``, and paths of
    variables that name a place (``..._FILE``).
    """
    names = set(extra)
    found: dict[str, str] = {}
    for name, value in environment.items():
        if name in names:
            secrets, shortest = [value], _SHORTEST_DECLARED
        else:
            secrets, shortest = _URL_PASSWORD.findall(value) if "://" in value else [], _SHORTEST
            if _SECRET_NAME.search(name) and not _names_a_place(name, value):
                secrets.append(value)
        for secret in map(str.strip, secrets):
            if len(secret) >= shortest and secret.lower() not in BORING:
                found.setdefault(secret, name)
    return dict(sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True))


def _names_a_place(name: str, value: str) -> bool:
    if _PLACE.fullmatch(value) is None:
        return False
    return bool(_PLACE_NAME.search(name)) or not re.search(r"(?i)secret|token|passw|key", name)


def secrets_of(
    environment: Mapping[str, str], *, targets: Iterable[str] = (), declared: Iterable[str] = ()
) -> dict[str, str]:
    """The secret values of a run: of its environment, and of what its targets are given by ``env:NAME=value``."""
    given = (part[4:].partition("=") for spec in targets for part in spec.split("//") if part.startswith("env:"))
    names = list(declared)
    found = secrets_in(environment, names)
    for name, _, value in given:
        found |= secrets_in({name: value}, names)
    return dict(sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True))


def redactor(secrets: Mapping[str, str]) -> Callable[[str], str]:
    """A function that takes the given secret values (value -> name) and what looks like a secret out of a text.

    What it finds in a text it also finds where that text is a part of a longer one, unless letters or digits adjoin.
    """
    needles = _needles(secrets)
    literal = tuple(needles)
    pattern = re.compile("|".join([MARK, *map(re.escape, literal)]))
    without_elided = elisions({value: f"[redacted:{needles[value]}]" for value in secrets})

    def named(match: re.Match[str]) -> str:
        found = match[0]
        return f"[redacted:{needles[found]}]" if found in needles else found

    def redact(text: str) -> str:
        for needle in literal:
            if needle in text:
                places = sorted(set(chain.from_iterable(_places(text, word) for word in (*literal, MARK_BEGIN))))
                text = _replace_at(places, pattern, named, text)
                break
        text = without_elided(text)
        if KEY_HINT in text:
            text = KEY.sub(replacement, text)
            if len(text) <= _LONGEST_LOOK:
                text = KEY_WITHOUT_BEGIN.sub(replacement, text)
        if len(text) <= _SHORT:
            return _without_shapes(text)
        return "".join(map(_without_shapes_at_length, _pieces(text)))

    return redact


def _without_shapes(text: str) -> str:
    low = text.lower()
    for hints, pattern in SHAPES:
        for hint in hints:
            if hint in low:
                text = pattern.sub(replacement, text)
                break
    return text


def _without_shapes_at_length(text: str) -> str:
    """The same for a long text: a pattern is tried where one of its hints stands, and not at each character."""
    low = text.lower()
    if len(low) != len(text):  # a letter that is two in small: places would be off
        return _without_shapes(text)
    for locators, (_, pattern) in zip(LOCATORS, SHAPES, strict=True):
        places = [found.start() for locator in locators for found in locator.finditer(low)]
        if places:
            before, text = text, _replace_at(sorted(places), pattern, replacement, text)
            low = low if text is before else text.lower()
    return text


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _replace_at(
    places: Iterable[int], pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str
) -> str:
    """What ``pattern.sub`` gives where no match begins anywhere but at one of the `places`, which go up."""
    parts: list[str] = []
    end = 0
    for place in places:
        if place >= end and (found := pattern.match(text, place)):
            parts += (text[end:place], replace(found))
            end = found.end()
    return "".join((*parts, text[end:])) if parts else text


def _pieces(text: str) -> Iterator[str]:
    """A long text in pieces of whole lines, so that no more than a piece is held several times.

    Of one long line, as JSON is, in pieces of whole objects.
    """
    begin = 0
    while begin < len(text):
        limit = begin + _PIECE
        end = len(text) if limit >= len(text) else text.rfind("\n", begin, limit) + 1
        end = end or text.rfind(',{"', begin, limit) + 1 or text.find("\n", begin) + 1 or len(text)
        yield text[begin:end]
        begin = end


def _needles(secrets: Mapping[str, str]) -> dict[str, str]:
    """Everything to look for -> the name to put there, longest first."""
    found: dict[str, str] = {}
    for value, name in secrets.items():
        shown = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)[:64]
        for form in (value, *_lines(value), *_chunks(value), *_forms(value)):
            found.setdefault(form, shown)
    return dict(sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True))


def _lines(value: str) -> Iterator[str]:
    """The lines of a secret that has several: whoever prints them may put something before each."""
    if "\n" in value:
        for line in map(str.strip, value.splitlines()):
            if len(line) >= _SHORTEST_LINE and not line.startswith("-----"):
                yield line


def _chunks(value: str) -> Iterator[str]:
    """The parts of a long token: pytest and others show begin and end of what is long."""
    if len(value) > _LONG and not any(map(str.isspace, value)):
        for start in range(0, len(value) - _CHUNK + 1, _CHUNK):
            yield value[start : start + _CHUNK]


def _forms(value: str) -> Iterator[str]:
    """The forms in which programs print a value that are not the value itself."""
    data = value.encode("utf-8", "surrogatepass")
    plain = (repr(value)[1:-1], json.dumps(value)[1:-1], html.escape(value), html.escape(value, quote=False))
    quoted = (quote(data, safe=""), quote(data), quote_plus(data))
    encoded = (data.hex(), data.hex().upper(), *_base64(data))
    small = (re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), word) for word in quoted)
    for form in (*plain, *quoted, *small, *encoded):
        if form != value and len(form) >= _SHORTEST_FORM:
            yield form


def _base64(data: bytes) -> Iterator[str]:
    """What of the bytes is sure to stand in the base64 of anything that holds them, at each of the three offsets."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + data).decode("ascii")
        # The first characters also hold what came before, the last ones what comes after.
        first = (0, 2, 3)[before]
        last = (before + len(data)) * 8 // 6
        core = coded[first:last]
        yield core
        yield core.translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")

_PLAIN = frozenset({str, bool, int, float, type(None)})
#: Keys whose values are the program's own words, which no secret's value may change.
_STRUCTURE = frozenset(
    {"event", "at", "finished", "schema", "run_id", "digest", "sha256", "text_digest", "phase", "marker", "kind"}
    | {"severity", "status", "verdict", "rollback", "flags", "selected", "decision", "expires"}
    # Who people are must be told apart on record as well.
    | {"by", "runner", "signers"}
)


def redact_data(data: object, redact: Callable[[str], str]) -> object:
    """The same plain data (dicts, lists, scalars) with every text redacted, except the program's own words."""
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, dict):
        return {
            # Only a reason or the name of a variable is a key that is not the program's own.
            (key if key.isidentifier() else redact(key)): (value if key in _STRUCTURE else redact_data(value, redact))
            for key, value in data.items()
        }
    if isinstance(data, (list, tuple)):
        return [redact_data(value, redact) for value in data]
    return data


def texts_in(data: object) -> set[str]:
    """Every text in plain data that `redact_data` would look at, and a few more; each once."""
    found: set[str] = set()
    rest = [data]
    while rest:
        part = rest.pop()
        if isinstance(part, dict):
            if not all(map(str.isidentifier, part)):
                found.update(part)
            part = part.values()
        elif isinstance(part, str):
            part = [str.__str__(part)]
        elif not isinstance(part, (list, tuple)):
            continue
        # Looked at in one go each: there are many thousands of them.
        found.update([value for value in part if type(value) is str])
        rest += [value for value in part if type(value) not in _PLAIN]
    return found
