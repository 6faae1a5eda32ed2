"""Secrets leave a text before it is stored, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.redact import redact_data, redactor, secrets_in

plain = redactor({})
digits = st.text("0123456789", min_size=6, max_size=12)


# -- which variables are secret ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "PGPASSWD",
        "api_key",
        "APIKEY",
        "GITHUB_TOKEN",
        "SSH_PASSPHRASE",
        "TLS_PRIVATE_KEY",
        "client_secret",
        "AWS_CREDENTIALS",
        "NPM_AUTH",
        "BASIC_AUTH_HEADER",
    ],
)
def test_a_variable_is_secret_by_its_name(name: str) -> None:
    assert secrets_in({name: "s3cr3t-value"}) == {"s3cr3t-value": name}


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "USER", "RELEASE", "PASSAGE", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "COMMIT_AUTHOR"]
)
def test_other_variables_are_none(name: str) -> None:
    assert secrets_in({name: "release engineer"}) == {}


def test_more_names_can_be_declared_secret() -> None:
    environment = {"LICENCE": "ABCD-1234", "OTHER": "visible-value"}
    assert secrets_in(environment, extra=["LICENCE", "NOT_THERE"]) == {"ABCD-1234": "LICENCE"}


def test_a_short_value_is_a_word_and_no_secret() -> None:
    assert secrets_in({"TOKEN": "12345", "API_KEY": ""}) == {}
    assert secrets_in({"TOKEN": "123456"}) == {"123456": "TOKEN"}


# -- values ------------------------------------------------------------------------------------------------------------


def test_a_secret_is_replaced_wherever_it_stands() -> None:
    redact = redactor({"hunter2hunter2": "DB_PASSWORD"})
    assert redact("a hunter2hunter2, bhunter2hunter2c") == "a [redacted:DB_PASSWORD], b[redacted:DB_PASSWORD]c"


def test_the_length_of_a_secret_is_not_told() -> None:
    assert redactor({"x" * 6: "T"})("x" * 6) == redactor({"x" * 60: "T"})("x" * 60)


def test_a_secret_with_signs_of_a_pattern_is_taken_literally() -> None:
    redact = redactor({"a.c*(+[x": "T"})
    assert redact("a.c*(+[x abc") == "[redacted:T] abc"


@pytest.mark.parametrize(
    "environment", [{"A_TOKEN": "abcdef", "B_TOKEN": "abcdefgh"}, {"B_TOKEN": "abcdefgh", "A_TOKEN": "abcdef"}]
)
def test_where_one_secret_begins_another_the_longer_goes_whole(environment: dict[str, str]) -> None:
    assert redactor(secrets_in(environment))("abcdefgh abcdef") == "[redacted:B_TOKEN] [redacted:A_TOKEN]"


def test_a_text_without_secrets_stays_as_it_is() -> None:
    text = "ghost at https://example.org/path?a=b:c@d, mailto:me@example.org, glpat, eyJ, AKIA, 12:30@noon"
    assert redactor({"hunter2": "T"})(text) == text


@given(
    st.dictionaries(digits, st.sampled_from(["A_TOKEN", "B_TOKEN"]), max_size=3), st.text("0123456789 \n", max_size=60)
)
def test_no_secret_value_is_left_in_any_text(secrets: dict[str, str], text: str) -> None:
    longest_first = dict(sorted(secrets.items(), key=lambda pair: -len(pair[0])))
    cleaned = redactor(longest_first)(text + "".join(secrets))
    assert not any(value in cleaned for value in secrets)


# -- shapes ------------------------------------------------------------------------------------------------------------

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhb"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
SHAPES = [
    ("https://ann:pa55word@example.org/x", "https://[redacted:url-credentials]@example.org/x"),
    ("postgresql://:pa55word@db/x", "postgresql://[redacted:url-credentials]@db/x"),
    ("Authorization: Bearer abc.def", "Authorization: [redacted:authorization]"),
    ("AUTHORIZATION: BASIC QWxhZGRpbg==", "AUTHORIZATION: [redacted:authorization]"),
    ("authorization: token 0123", "authorization: [redacted:authorization]"),
    ("ghp_" + "a1B2" * 9, "[redacted:token]"),
    ("ghs_" + "a1B2" * 9, "[redacted:token]"),
    ("github_pat_" + "a1B2_" * 6, "[redacted:token]"),
    ("glpat-" + "a1B2-" * 4, "[redacted:token]"),
    ("xoxb-1234567890-abc", "[redacted:token]"),
    ("AKIAIOSFODNN7EXAMPLE", "[redacted:aws-key]"),
    ("ASIAIOSFODNN7EXAMPLE", "[redacted:aws-key]"),
    (JWT, "[redacted:jwt]"),
    (PEM, "[redacted:private-key]"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEow", "[redacted:private-key]"),
]


@pytest.mark.parametrize(("secret", "expected"), SHAPES, ids=[expected for _, expected in SHAPES])
def test_a_well_known_shape_is_replaced_without_being_declared(secret: str, expected: str) -> None:
    assert plain(secret) == expected


@pytest.mark.parametrize(("secret", "expected"), SHAPES, ids=[expected for _, expected in SHAPES])
def test_a_shape_is_found_inside_other_text(secret: str, expected: str) -> None:
    # The last key has no end, so it reaches to the end of the text.
    after = "" if secret.endswith("MIIEow") else " after"
    assert plain(f"before {secret}{after}") == f"before {expected}{after}"


def test_two_keys_in_one_text_do_not_swallow_what_lies_between() -> None:
    assert plain(f"{PEM}\nkept\n{PEM}") == "[redacted:private-key]\nkept\n[redacted:private-key]"


@pytest.mark.parametrize("text", ["ghp_short", "AKIA1234", "eyJ.a.b", "git@github.com:a/b.git", "http://host:8080/a@b"])
def test_what_only_resembles_a_shape_is_kept(text: str) -> None:
    assert plain(text) == text


# -- data --------------------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("ab0123456789", max_size=8)
data = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3)
)


def test_every_text_in_plain_data_is_redacted() -> None:
    redact = redactor({"hunter2": "T"})
    assert redact_data({"a": ["hunter2", {"b": ("x hunter2", 3)}], "c": None}, redact) == {
        "a": ["[redacted:T]", {"b": ["x [redacted:T]", 3]}],
        "c": None,
    }


@given(data)
def test_data_without_secrets_stays_as_it_is(value: object) -> None:
    assert redact_data(value, redactor({"hunter2": "T"})) == value


@given(data)
def test_no_secret_is_left_in_any_data(value: object) -> None:
    holding = {"around": [value, "x987654321x"], "k": {"k": "987654321"}}
    assert "987654321" not in repr(redact_data(holding, redactor({"987654321": "T"})))
