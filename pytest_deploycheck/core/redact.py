"""Take secrets out of text before anything is stored.

Every replacement has a fixed width, ``[redacted:NAME]``, so that the length of a secret is not told either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_SECRET_NAME = re.compile(r"(?i)(secret|token|passw(or)?d|passphrase|api_?key|private_?key|credential|auth(?!or))")
#: Values shorter than this are words, not secrets: replacing "1" or "dev" everywhere would ruin the evidence.
_SHORTEST = 6

_SHAPES = (
    (
        "private-key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    ),
    ("url-credentials", re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")),
    ("authorization", re.compile(r"(?i)(?<=authorization: )(?:basic|bearer|token) +[^\s\"']+")),
    (
        "token",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,})"),
    ),
    ("aws-key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("jwt", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")),
)
#: A text without any of these cannot match a shape: a cheap look that spares the patterns.
_HINTS = (
    *("-----BEGIN", "://", "uthorization", "UTHORIZATION", "AKIA", "ASIA", "eyJ"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"),
)


def secrets_in(environment: Mapping[str, str], extra: Iterable[str] = ()) -> dict[str, str]:
    """The secret values of an environment, value -> name, longest first.

    A variable is secret when its name looks so or stands in `extra`; values under six characters are left.
    """
    names = set(extra)
    found = {
        value: name
        for name, value in environment.items()
        if len(value) >= _SHORTEST and (name in names or _SECRET_NAME.search(name))
    }
    return dict(sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True))


def redactor(secrets: Mapping[str, str]) -> Callable[[str], str]:
    """A function that takes the given secret values and well-known secret shapes out of a text."""
    values = re.compile("|".join(map(re.escape, secrets))) if secrets else None

    def redact(text: str) -> str:
        if values is not None:
            text = values.sub(lambda match: f"[redacted:{secrets[match.group()]}]", text)
        if any(hint in text for hint in _HINTS):
            for name, pattern in _SHAPES:
                text = pattern.sub(f"[redacted:{name}]", text)
        return text

    return redact


#: Keys whose values are the program's own words, which no secret's value may change.
_STRUCTURE = frozenset(
    [
        "event",
        "at",
        "finished",
        "schema",
        "run_id",
        "digest",
        "phase",
        "marker",
        "kind",
        "severity",
        "status",
        "verdict",
        "rollback",
        "flags",
        "selected",
    ]
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
