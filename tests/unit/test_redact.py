"""Secrets leave a text before it is stored, and nothing else does."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.redact import redact_data, redactor, secrets_in, secrets_of, texts_in

plain = redactor({})
busy = redactor({f"s3cr3t-value-{number}": f"TOKEN_{number}" for number in range(40)})
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


def test_a_declared_one_may_be_shorter() -> None:
    assert secrets_in({"PIN": "4711", "PIT": "471"}, extra=["PIN", "PIT"]) == {"4711": "PIN"}


@pytest.mark.parametrize("value", ["enabled", "TRUE", "changeme", "disabled", "localhost", "  required  "])
def test_an_everyday_word_is_no_secret(value: str) -> None:
    assert secrets_in({"AUTH_TOKEN": value}, extra=["AUTH_TOKEN"]) == {}


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD_FILE", "/run/secrets/db", False),
        ("SSH_AUTH_SOCK", "/tmp/ssh-x/agent.1", False),
        ("XAUTHORITY", "/home/ann/.Xauthority", False),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/keys/app.json", False),
        ("AWS_SECRET_ACCESS_KEY", "/abcdefgh/ijklmnop", True),
        ("DB_PASSWORD_FILE", "hunter2hunter2", True),
        ("COOKIECUTTER_CONFIG", "/home/ann/.cookiecutter", False),
        ("OLDPWD", "/home/ann/work", False),
        ("MYSQL_PWD", "hunter2hunter2", True),
        ("STRIPE_KEY", "hunter2hunter2", True),
        ("KEYBOARD", "hunter2hunter2", False),
    ],
)
def test_a_variable_that_names_a_place_is_none(name: str, value: str, secret: bool) -> None:
    assert bool(secrets_in({name: value})) is secret


def test_the_password_in_a_url_is_a_secret_wherever_it_stands() -> None:
    found = secrets_in({"DATABASE_URL": "postgres://app:s3cr3t-pw@db/app", "SITE": "https://example.org:8080/"})
    assert found == {"s3cr3t-pw": "DATABASE_URL"}


def test_what_a_target_is_given_is_known() -> None:
    specs = ["popen//env:DB_PASSWORD=hunter21//env:MODE=visible", "popen//env:DB_PASSWORD=hunter22"]
    assert secrets_of({"A_TOKEN": "abcdef"}, targets=specs) == {
        "hunter21": "DB_PASSWORD",
        "hunter22": "DB_PASSWORD",
        "abcdef": "A_TOKEN",
    }


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


SECRET = 'p\u00e4ss/w+rd "q" <x>&\'\\-1234'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        repr(SECRET),
        repr({"k": SECRET}),
        json.dumps({"k": [SECRET]}),
        html.escape(SECRET),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        re.sub("%..", lambda code: code[0].lower(), quote(SECRET, safe="")),
        SECRET.encode().hex(),
        *(base64.b64encode(b"x" * before + SECRET.encode() + b"y" * 5).decode() for before in range(7)),
        base64.urlsafe_b64encode(b"ann:" + SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_found_in_the_forms_in_which_programs_print_it(form: str) -> None:
    cleaned = redactor({SECRET: "T"})(f"before {form} after")
    assert "[redacted:T]" in cleaned
    left = cleaned.replace("[redacted:T]", "").removeprefix("before ").removesuffix(" after")
    assert len(left) < 24
    assert "w+rd" not in left


def test_each_line_of_a_secret_of_several_is_one() -> None:
    redact = redactor({"first line of it\nsecond line, longer\nend": "KEY"})
    assert redact("E   first line of it\nE   second line, longer") == "E   [redacted:KEY]\nE   [redacted:KEY]"


def test_the_halves_of_a_long_secret_are_found() -> None:
    secret = "".join(f"{number:05x}" for number in range(7919, 7919 + 60))
    cleaned = redactor({secret: "T"})(f"'{secret[:130]}...{secret[-120:]}'")
    assert sum(len(part) for part in cleaned.split("[redacted:T]")) < 40


@given(st.text("ab:/@=\"' \n[]redacted", max_size=60))
def test_to_redact_twice_is_to_redact_once(text: str) -> None:
    redact = redactor({"redacted": "A_TOKEN", "TOKEN1": "redacted", "[redac": "B", "redacted:A_TOKEN]x": "C"})
    hostile = f"{text} password={text}x1 https://u:{text}@h token: abc123456 {text}...{text}...redacted...TOKEN1"
    assert redact(redact(hostile)) == redact(hostile)


def test_a_name_that_is_a_secret_itself_is_not_replaced_in_what_stands_for_it() -> None:
    redact = redactor({"PASSWORD": "DB_PASSWORD"})
    assert redact(redact("the PASSWORD")) == "the [redacted:DB_PASSWORD]"


def test_a_name_cannot_break_what_stands_for_it() -> None:
    assert redactor({"hunter2": 'A]\n"B'})("hunter2") == "[redacted:A___B]"


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
    ("https://ann:p@ss@example.org/x", "https://[redacted:url-credentials]@example.org/x"),
    ("https://x0123456789abcdefg@example.org", "https://[redacted:url-credentials]@example.org"),
    ("Proxy-Authorization: Basic QWxhZGRpbg==", "Proxy-Authorization: [redacted:authorization]"),
    ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': '[redacted:authorization]'}"),
    ("a bearer 0123456789abcdefg", "a bearer [redacted:bearer]"),
    ('"Cookie": "sid=abc; csrf=d"', '"Cookie": "[redacted:cookie]"'),
    ("--password=pa55", "--password=[redacted:password]"),
    ("--password pa55", "--password [redacted:option]"),
    ("--api-token pa55word", "--api-token [redacted:option]"),
    ("DB_PASSWORD=pa55", "DB_PASSWORD=[redacted:password]"),
    ("{'password': 'pa55 word'}", "{'password': '[redacted:password]'}"),
    ('{\\"password\\": \\"pa55\\"}', '{\\"password\\": \\"[redacted:password]\\"}'),
    ('password="$ecret%1"', 'password="[redacted:password]"'),
    ("password=*star1", "password=[redacted:password]"),
    ("passphrase: open,sesame", "passphrase: [redacted:password],sesame"),
    ("api_key: 0123456789", "api_key: [redacted:secret]"),
    ("AccessKey = ab12cd34", "AccessKey = [redacted:secret]"),
    ("npm_" + "a1B2" * 9, "[redacted:token]"),
    ("pypi-AgEIcHlwaS5vcmcCJ", "[redacted:token]"),
    ("sk_live_" + "a1B2" * 4, "[redacted:token]"),
    ("AIza" + "a1B2-" * 7, "[redacted:token]"),
    ("https://x.example/b?sv=1&sig=abcdefgh%2Fijklmnop", "https://x.example/b?sv=1&sig=[redacted:signature]"),
    ("https://hooks.slack.com/services/T0/B0/abcdefghijk", "https://hooks.slack.com/services/[redacted:webhook]"),
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


KEPT = [
    *("ghp_short", "AKIA1234", "eyJ.a.b", "git@github.com:a/b.git", "http://host:8080/a@b", "ssh://git@host/x"),
    *("password: required", "the password is wrong", "token: expired", "secret=None", "password=$PASSWORD", "pwd: /x"),
    *(
        "password=os.environ['X']",
        "password={password}",
        "PASSWORD=<yours>",
        "--token-file /x/y",
        "--password --user x",
    ),
    *("key: value", "public_key: abc", "api key: 12", "cookie: yes please", "authorization: none", "bearer of news"),
    *(
        "Authorization: Bearer $TOKEN",
        'curl -H "Authorization: Bearer ${TOKEN:?}"',
        "Authorization: <your token here>",
        'password="$DB_PASSWORD"',
        "--password=%(password)s",
        "risk-averse",
        "task_live_1",
        "https://example.org/?design=abcdefghijklmnopqrst",
        "-----BEGIN CERTIFICATE-----\nMI",
    ),
]


@pytest.mark.parametrize("text", KEPT)
def test_what_only_resembles_a_shape_is_kept(text: str) -> None:
    assert plain(text) == text


def test_the_end_of_a_key_whose_begin_is_missing_is_one() -> None:
    end = "MIIEowIBAAKCAQEAx7vpl\n" * 3 + "-----END RSA PRIVATE KEY-----"
    assert plain(f"kept\n{end}\nkept") == "kept\n[redacted:private-key]\nkept"


def test_a_long_text_is_cleaned_like_a_short_one() -> None:
    line = "a line of a log without any hint of one\n"
    text = line * 5000 + "password=pa55\n" + "x" * 9000 + " glpat-" + "a1B2-" * 4 + "\n" + line * 5000
    cleaned = plain(text)
    assert "password=[redacted:password]\n" in cleaned
    assert " [redacted:token]\n" in cleaned
    assert cleaned.count(line) == 10_000


FRAGMENTS = (
    *("://", "user:pa55@host", " ", "\n", "=", ": ", '"', "api_key", "ACCESS-KEY", "key", "s3cr3tvalue99", "password"),
    *("_pwd", "--", "-", "--token ", "Set-Cookie: ", "a=b", "Authorization: ", "Bearer ", "a1B2" * 6, "glpat-"),
    *(
        "sk_live_",
        "dop_v1_",
        "eyJ",
        "a1B2a1B2.a1B2a1B2.a1B2a1B2",
        "?sig=",
        "&X-Amz-Signature=",
        "hooks.slack.com/services/",
    ),
    *("...", "....", "hunter2h", "r2hunter2"),
    *("[redacted:", "]", "hunter2hunter2", "ter2hunt", "-----BEGIN PRIVATE KEY-----", "\u0130", "\u212a", "\u017f"),
)


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=12).map("".join))
def test_in_a_long_text_nothing_is_found_otherwise_than_in_a_short_one(text: str) -> None:
    redact = redactor({"hunter2hunter2": "DB_PASSWORD", "ter2hunt": "OTHER"})
    before, after = "no hint\n" * 600, "\nno hint"
    assert redact(f"{before}{text}{after}") == before + redact(text + after)


@pytest.mark.timeout(30)  # a pattern that goes back and forth would need minutes
@pytest.mark.parametrize(
    "text",
    [
        "://" * 40_000,
        "://" + "a" * 120_000,
        "password" * 15_000,
        "token=" * 20_000,
        "secret: " * 15_000,
        "A" * 64 + ("A" * 64 + "\n") * 2000 + "-----END PRIVATE KEY",
        ("A" * 64 + "\n") * 2000 + "-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----" * 4000,
        "cookie: " * 15_000,
        "cookie:" * 40_000,
        "-" * 300_000,
        "--" + "a-" * 60_000,
        "eyJ" * 40_000,
        "[redacted:" * 12_000,
        "." * 1_000_000,
        "...s3cr3t-" * 40_000,
        "s3cr3t-valu..." * 40_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(text: str) -> None:
    assert busy(text)


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


@given(data)
def test_what_is_in_none_of_the_texts_is_in_no_part(value: object) -> None:
    redact = redactor({"ab": "T", "01": "U"})
    whole = "\n".join(texts_in(value))
    if redact(whole) == whole:
        assert redact_data(value, redact) == value
