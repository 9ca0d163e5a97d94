"""What the user is told: it reaches the right engine, shows no secret, and never costs an operation."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from engine_side import LittleEngine, Told, little_engine
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.secrets import MOST_SECRETS, SHORTEST, Secrets
from pulumi_antiaffinity import logs
from pulumi_antiaffinity.logs import Log


@pytest.fixture
def engine() -> Iterator[LittleEngine]:
    with little_engine() as engine:
        yield engine


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.close()


# It arrives


def test_a_message_arrives_with_its_severity_and_its_resource(log: Log, engine: LittleEngine) -> None:
    log.dial(engine.address)
    log.debug("d", "urn:a")
    log.info("i", "urn:b")
    log.warning("w", "urn:c")
    log.error("e")
    assert engine.logs == [
        Told("DEBUG", "d", "urn:a", False),
        Told("INFO", "i", "urn:b", False),
        Told("WARNING", "w", "urn:c", False),
        Told("ERROR", "e", "", False),
    ]


def test_progress_is_shown_only_until_the_next_message(log: Log, engine: LittleEngine) -> None:
    log.dial(engine.address)
    log.progress("waiting for db-1", "urn:a")
    assert engine.logs == [Told("INFO", "waiting for db-1", "urn:a", True)]


def test_the_next_engine_is_the_one_that_is_told(log: Log, engine: LittleEngine) -> None:
    with little_engine() as former:
        log.dial(former.address)
        log.info("one")
    log.dial(engine.address)
    log.info("two")
    assert [told.message for told in former.logs] == ["one"]
    assert [told.message for told in engine.logs] == ["two"]


def test_nowhere_takes_every_message(log: Log) -> None:
    log.info("said to nobody")
    log.dial("")
    log.info("said to nobody")


def test_a_proxy_for_the_way_to_the_cloud_is_not_used(
    log: Log, engine: LittleEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    for name in ("grpc_proxy", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    log.dial(engine.address)
    log.info("here")
    assert [told.message for told in engine.logs] == ["here"]


def test_half_a_surrogate_pair_is_told_as_a_question_mark(log: Log, engine: LittleEngine) -> None:
    log.dial(engine.address)
    log.info("file \udcff", "urn:\udcff")
    assert [(told.message, told.urn) for told in engine.logs] == [("file ?", "urn:?")]


def test_a_long_message_arrives_whole(log: Log, engine: LittleEngine) -> None:
    log.dial(engine.address)
    log.info("x" * 10_000_000)
    assert len(engine.logs[0].message) == 10_000_000


# It costs nothing


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "no.such.host.invalid:1", "no address", "127.0.0.1:99999"]
)
def test_a_dead_engine_costs_no_operation(log: Log, address: str) -> None:
    start = time.monotonic()
    log.dial(address)
    log.warning("said to nobody")
    assert time.monotonic() - start < 2 * logs.PATIENCE


def test_an_engine_that_never_answers_is_waited_for_a_few_seconds_only(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        log.dial(f"127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        log.info("said to nobody")
        assert time.monotonic() - start < 2


def test_threads_may_talk_while_another_engine_comes(log: Log, engine: LittleEngine) -> None:
    with ThreadPoolExecutor(8) as threads:
        said = [threads.submit(log.info, f"{n}") for n in range(200)]
        for _ in range(20):
            log.dial(engine.address)
        for one in said:
            one.result()
    log.info("last")
    assert engine.logs[-1].message == "last"


def test_a_line_that_was_closed_meanwhile_costs_no_operation(log: Log, engine: LittleEngine) -> None:
    log.dial(engine.address)
    assert log._channel
    log._channel.close()
    log.info("said to nobody")
    assert engine.logs == []


# It shows no secret


def test_a_secret_is_not_told(log: Log, engine: LittleEngine) -> None:
    log.dial(engine.address)
    log.secrets.hide(["hunter22"])
    log.error("401 for user admin, password hunter22")
    assert engine.logs[0].message == "401 for user admin, password [secret]"


def spelled(value: str) -> dict[str, str]:
    """The ways in which requests and errors spell a value."""
    return {
        "plain": value,
        "json": json.dumps({"password": value}),
        "json with its letters": json.dumps({"password": value}, ensure_ascii=False),
        "repr": repr({"password": value}),
        "url": f"https://cloud/?key={quote(value)}",
        "url, all of it": f"https://cloud/?key={quote(value, safe='')}",
        "form": f"key={quote_plus(value)}",
        "xml": f"<password>{escape(value)}</password>",
        "xml, quotes as they are": f"<password>{escape(value, quote=False)}</password>",
    }


ODD = "pä\"ss/wo\\rd & <it's> + 100%"


@pytest.mark.parametrize("how", spelled(""))
def test_a_secret_is_not_told_in_other_spellings_either(how: str) -> None:
    secrets = Secrets()
    secrets.hide([ODD])
    text = spelled(ODD)[how]
    clean = secrets.redact(text)
    assert "[secret]" in clean
    assert "rd" not in clean.replace("password", "")
    assert secrets.redact(f"before {text} after") == f"before {clean} after"


def test_a_line_of_a_key_file_is_not_told_either() -> None:
    secrets = Secrets()
    secrets.hide(["-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nshort\n-----END KEY-----"])
    assert secrets.redact("bad line: MIIEvQIBADANBgkqhkiG") == "bad line: [secret]"
    assert secrets.redact("a short one") == "a short one"


def test_the_longest_of_several_secrets_is_taken_out() -> None:
    secrets = Secrets()
    secrets.hide(["pass", "password", "passwort"])
    assert secrets.redact("password passwort passed") == "[secret] [secret] [secret]ed"


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    secrets = Secrets()
    secrets.hide(["abcdef", "defxyz"])
    assert secrets.redact("<abcdefxyz>") == "<[secret]>"
    assert secrets.redact("<abcdefdefxyz>") == "<[secret][secret]>"


def test_what_is_too_short_to_be_a_secret_stays() -> None:
    secrets = Secrets()
    secrets.hide(["", "abc"])
    assert secrets.redact("abc") == "abc"


def test_a_secret_that_is_learnt_later_is_hidden_from_then_on() -> None:
    secrets = Secrets()
    secrets.hide(["first-one"])
    assert secrets.redact("second-one") == "second-one"
    secrets.hide(["second-one"])
    assert secrets.redact("first-one second-one") == "[secret] [secret]"


def test_so_many_secrets_are_remembered_and_those_in_use_stay() -> None:
    secrets = Secrets()
    for n in range(2 * MOST_SECRETS):
        secrets.hide(["in-use-all-the-time", f"password-{n:05}"])
    last = f"password-{2 * MOST_SECRETS - 1:05}"
    assert secrets.redact(f"in-use-all-the-time {last}") == "[secret] [secret]"
    assert secrets.redact("password-00000") == "password-00000"


letters = st.text('ab\n"\\/é&', min_size=SHORTEST, max_size=12)


@given(st.lists(letters, min_size=1, max_size=4), st.lists(st.text('ab\n"\\/é&xyz', max_size=12)), st.data())
def test_no_text_shows_a_secret(values: list[str], around: list[str], data: st.DataObject) -> None:
    secrets = Secrets()
    secrets.hide(values)
    pieces = [
        piece for text in around for piece in (text, *spelled(data.draw(st.sampled_from(values))).values())
    ]
    shown = secrets.redact("".join(pieces))
    assert [value for value in values if value in shown] == []


def test_a_secret_is_hidden_while_others_are_learnt() -> None:
    secrets = Secrets()
    secrets.hide(["hunter22"])
    with ThreadPoolExecutor(8) as threads:
        for n in range(100):
            threads.submit(secrets.hide, [f"other-{n}"])
        shown = list(threads.map(secrets.redact, ["my hunter22"] * 100))
    assert set(shown) == {"my [secret]"}
