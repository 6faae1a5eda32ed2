"""What looks like a secret wherever it stands.

The named group of a pattern is what stays before the secret; its name is what the secret is called.
"""

from __future__ import annotations

import re
from itertools import groupby

#: What redaction leaves; it is never looked into again.
MARK = r"\[redacted:[\w.-]{1,64}\]"
MARK_BEGIN = "[redacted:"
#: Values that are no secrets whatever the name before them says; in small letters.
BORING = frozenset(
    """
    true false none null test tests testing example examples sample dummy default disabled enabled required optional
    missing incorrect invalid expired unknown undefined empty masked hidden redacted changeme password passwd secret
    token string value prompt ignore always never basic bearer digest public private release production development
    staging preview localhost postgres github gitlab inherit session oauth2 file stdin environment
    """.split()  # noqa: SIM905  # a list would take a line for each
)

#: Where a word must not go on to the left.
_START = r"(?<![A-Za-z0-9])"
#: Tokens that say by their first characters whose they are.
_TOKENS = (
    r"gh[pousr]_[A-Za-z0-9]{20,}",
    r"github_pat_\w{20,}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{16,}",
    r"xox[abeprs]-[\w-]{10,}|xapp-\d-[\w-]{10,}",
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-Ag[\w-]{12,}",
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}",
    r"AIza[\w-]{30,}|ya29\.[\w-]{20,}",
    r"SG\.[\w-]{16,}\.[\w-]{16,}",
    r"hf_[A-Za-z0-9]{30,}|sk-(?:[a-z]+-)?[\w-]{20,}",
    r"do[opr]_v1_[a-f0-9]{40,}|hv[sbr]\.[\w-]{20,}|dckr_pat_[\w-]{16,}",
)
#: How what stands for a value elsewhere begins: ``$VARIABLE``, ``<token>``, ``%s``, ``***``, and what was redacted.
_STAND_IN = r"(?:\$[{(]|\$[A-Z_][A-Z0-9_]*(?![a-z0-9])|%[s(]|\*\*\*|<[\w -]+>|\{[\w.]*\}|\[redacted:)"
#: A value behind a name: in quotes, or as far as a word of a command line, a URL or a setting goes. What stands for one
#: elsewhere and code that would look it up is none.
_VALUE = (
    r"(?!(?i:" + "|".join(sorted(BORING, key=len, reverse=True)) + r")(?![\w-]))(?![A-Za-z_][\w.]*[\[(])"
    r"(?!" + _STAND_IN + r")"
    r"(?:(?<=\")[^\"\\\n]{LEAST,}|(?<=')[^'\\\n]{LEAST,}|[^\s\"'`,;&<>(){}\[\]\\]{LEAST,})"
)
_ASSIGNED = r"(?:\\?[\"'])?\s*(?:=>|:=|[:=])\s*(?:\\?[\"'])?"


def _value(least: int) -> str:
    return _VALUE.replace("LEAST", str(least))


#: Keys: the only shapes that go over several lines. Broken off before its end, or without its begin, one is one too.
KEY_HINT = "PRIVATE KEY-----"
KEY = re.compile(
    r"(?P<private_key>)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)"
)
KEY_WITHOUT_BEGIN = re.compile(
    r"(?P<private_key>)(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{16,}+\s++){1,60}-----END [A-Z0-9 ]*PRIVATE KEY-----"
)

_HINTS_OF_TOKENS = (
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- xox xapp- "
    "npm_ pypi- sk_live_ sk_test_ rk_live_ rk_test_ whsec_ aiza ya29. sg. hf_ sk- dop_v1_ doo_v1_ dor_v1_ "
    "hvs. hvb. hvr. dckr_pat_"
)
_PATTERNS = (
    ("://", r"(?P<url_credentials>://)(?:[^\s/@:\"'<>]*:[^\s/\"'<>]+|[\w.~%+-]{16,})(?=@)"),
    (
        "authorization",
        r"(?P<authorization>(?i:authorization)"
        + _ASSIGNED
        + r")(?!(?:\w+ +)?"
        + _STAND_IN
        + r")(?:(?i:digest|aws4-hmac-sha256) +[^\r\n\\]+"
        r"|(?i:basic|bearer|token|negotiate|apikey) +[^\s\"',;\\]+|[^\s\"',;\\]{16,})",
    ),
    (
        "cookie",
        r"(?P<cookie>(?i:cookie)(?:\\?[\"'])?\s*:\s*(?:\\?[\"'])?)[^\s\"'\\=;]{1,1024}=[^\r\n\"'\\]+",
    ),
    ("bearer", r"(?P<bearer>" + _START + r"(?i:bearer)\s+)[\w.~+/=-]{16,}"),
    (_HINTS_OF_TOKENS, r"(?P<token>" + _START + r")(?:" + "|".join(_TOKENS) + r")"),
    ("akia asia", r"(?P<aws_key>" + _START + r")(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("eyj", r"(?P<jwt>" + _START + r")eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    ("hooks.slack", r"(?P<webhook>hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/]{16,}"),
    (
        "sig= signature= security-token=",
        (
            r"(?P<signature>(?i:(?<=[?&;])sig|(?<=[?&;]x-amz-)(?:signature|security-token)|(?<=[?&;]x-goog-)signature)=)"
            r"[\w%+/=.-]{16,}"
        ),
    ),
    (
        "passw passphrase _pwd",
        r"(?P<password>(?i:passw(?:or)?d|passphrase|_pwd)" + _ASSIGNED + r")" + _value(4),
    ),
    (
        "--",
        r"(?P<option>--(?i:(?=[a-z])[a-z-]{0,40}(?:password|passphrase|token|secret|api-?key))(?:=| +)(?!-))"
        + _value(4),
    ),
    (
        # These words stand in everyday sentences too: only what has a digit and is long is taken for a value.
        "secret token key credential",
        r"(?P<secret>(?i:secret|token|(?:(?<=api)|(?<=access)|(?<=private)|(?<=api[_-])"
        r"|(?<=access[_-])|(?<=private[_-]))key|credentials?)" + _ASSIGNED + r")(?=[^\s\"']{0,200}[0-9])" + _value(8),
    ),
)
#: Hints and pattern: where none of the hints stands in the small letters of a text, the pattern need not look. A match
#: begins with a hint: what must stand before that is looked at backwards.
SHAPES = tuple((tuple(hints.split()), re.compile(pattern)) for hints, pattern in _PATTERNS)


def _locators(hints: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The hints as patterns, one for each first character: Python looks for a pattern's sure begin at great speed."""
    return tuple(_locator(tuple(group)) for _, group in groupby(sorted(hints), key=lambda hint: hint[0]))


def _locator(hints: tuple[str, ...]) -> re.Pattern[str]:
    # Only what must be is taken: in "---" there are two places for "--".
    sure = hints[0][: 1 if len(hints) > 1 else -1]
    return re.compile(f"{re.escape(sure)}(?={'|'.join(re.escape(hint[len(sure) :]) for hint in hints)})")


#: For each of the `SHAPES` what finds its hints in a long text.
LOCATORS = tuple(_locators(hints) for hints, _ in SHAPES)


def replacement(match: re.Match[str]) -> str:
    """What is put in the place of a match: what stays of it, and what was found."""
    kind = str(match.lastgroup)
    return f"{match[kind]}[redacted:{kind.replace('_', '-')}]"
