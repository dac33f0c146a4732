"""Every route of the desk under hostile requests: no 5xx, nothing of others or of the inside, and what shows changes nothing.

`desk_fuzz_ground.AIMS` has one request for every route that is answered as meant; hypothesis bends it. After every example the database is
put back, so that what was found is found again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from deployments.desk import cookies
from deployments.desk.security import proof, without_tokens
from deployments.desk.site import ROUTES
from tests.deployments import desk_fuzz_inputs as inputs
from tests.deployments.desk_fuzz_ground import AIMS, Aim, Ground, faults, ground
from tests.deployments.desk_fuzz_inputs import Form, Request
from tests.deployments.desk_fuzz_texts import TAG
from tests.deployments.desk_fuzz_world import ALL_STOPS, STOPS, Answer, Header
from tests.deployments.desk_world import SECRET

QUICK, LONG = 25, 100
HOW: dict[str, Any] = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate]}
"""What is found is not made smaller, which would take minutes: the request is told as it was sent."""

METHODS = ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get", "FOO", ""]


def routes() -> list[tuple[str, str]]:
    """Method and path of every route, as the desk has them."""
    found = []
    for route in ROUTES:
        assert isinstance(route, Route)
        found += [(method, route.path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("fuzz"), STOPS) as found:
        yield found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("whole"), ALL_STOPS) as found:
        yield found


class Records(logging.Handler):
    """Everything that is logged, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def records() -> Iterator[Records]:
    handler = Records()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_every_route_has_its_aim() -> None:
    assert sorted(AIMS) == sorted(routes()), "a route without a request that it answers as meant: add it to AIMS"


def test_a_slice_of_everything(place: Ground, records: Records) -> None:
    """One test, for what it plays against is made once: each route as it is meant, with odd numbers, and bent a few times."""
    for method, path in sorted(AIMS):
        as_meant(place, method, path)
    for method, path in NUMBERED:
        any_number(place, method, path)
    tags_everywhere(place)
    very_much(place, 0)

    @given(data=st.data())
    @settings(**HOW, max_examples=QUICK, derandomize=True)
    def attacked(data: st.DataObject) -> None:
        method, path = data.draw(st.sampled_from(sorted(AIMS)))
        attack(place, records, method, path, data)

    attacked()


NUMBERED = sorted(key for key in AIMS if ":number}" in key[1])


@pytest.mark.prove
@pytest.mark.parametrize(("method", "path"), sorted(AIMS))
@given(data=st.data())
@settings(**HOW, max_examples=LONG)
def test_a_route_keeps_its_promises_whatever_is_sent(whole: Ground, records: Records, method: str, path: str, data: st.DataObject) -> None:
    attack(whole, records, method, path, data)


@pytest.mark.prove
@pytest.mark.parametrize(("method", "path"), sorted(key for key in AIMS if "{token}" in key[1]))
def test_every_token_is_tried_everywhere(whole: Ground, method: str, path: str) -> None:
    """Each with the proof that its own page would have, as somebody who holds it could send it."""
    aim = AIMS[method, path]
    for token in (*whole.keys.own.values(), *whole.keys.odd.values()):
        form = whole.form(path, aim)
        form.items = [(name, proof(SECRET, token) if name == "proof" else value) for name, value in form.items]
        request = tame(whole, method, path, aim, form, token=token)
        check(whole, request, send(whole, request))
        if method == "POST":
            assert whole.rows.wrong() == [], request
            whole.rows.restore()


@pytest.mark.prove
@pytest.mark.parametrize("kind", range(5))
def test_very_much_of_something_is_taken_or_refused(whole: Ground, kind: int) -> None:
    very_much(whole, kind)


# -- how ---------------------------------------------------------------------------------------------------------------


def as_meant(place: Ground, method: str, path: str) -> None:
    """A route answers what it is for, so that what is bent from that says something."""
    aim = AIMS[method, path]
    request = tame(place, method, path, aim)
    answer = send(place, request)
    assert answer.status in aim.statuses, f"{request}\n{answer.text[:2000]}"
    check(place, request, answer)
    place.rows.restore()


def any_number(place: Ground, method: str, path: str) -> None:
    """Each number in an address may be any."""
    aim = AIMS[method, path]
    names = [found for found in aim.values(place) if f"{{{found}:number}}" in path]
    assert names
    numbers = (*inputs.NUMBERS, *(map(str, range(2, 15)) if method == "GET" else ()))
    for name, number in ((name, number) for name in names for number in numbers):
        request = tame(place, method, path, aim, **{name: number})
        check(place, request, send(place, request))
    place.rows.restore()


def tags_everywhere(place: Ground) -> None:
    """A tag in every field of every form and in the names of files; then every page there is, on which it may stand as text only."""
    posts, gets = ([key for key in sorted(AIMS) if key[0] == method] for method in ("POST", "GET"))
    for method, path in posts:
        form = place.form(path, AIMS[method, path])
        kept = ("proof", "base", "verdict", "party", "do", "how", "day", "fields", "until", "content")
        tagged = [(name, value if name in kept else f"{value[:40]}{TAG}\"'>{TAG}") for name, value in form.items]
        form = Form(tagged, form.file_field, (f"{TAG}{form.file[0]}", form.file[1]) if form.file else None)
        request = tame(place, method, path, AIMS[method, path], form)
        check(place, request, send(place, request))
    for method, path in gets:
        request = tame(place, method, path, AIMS[method, path])
        check(place, request, send(place, request))
    place.rows.restore()


def very_much(place: Ground, kind: int) -> None:
    """Very much of something is taken or refused."""
    for path in ("/a/{token}/form/{place}", "/a/{token}", "/a/{token}/workbook/{number:number}/accept"):
        aim = AIMS["POST", path]
        request = tame(place, "POST", path, aim, Form(inputs.crowded(kind, place.form(path, aim).items)))
        check(place, request, send(place, request))
        assert place.rows.wrong() == []
        place.rows.restore()


def tame(place: Ground, method: str, path: str, aim: Aim, form: Form | None = None, **values: str) -> Request:
    """The request that is answered as meant, or with other values in its address."""
    asked = {**aim.values(place), **values}
    kind, body = b"", b""
    if method == "POST":
        kind, body = inputs.body(lambda _: None, form or place.form(path, aim), is_tame=True)
    headers = [(b"host", b"desk.example"), (b"content-type", kind), *signed_in(place, path)]
    return Request(method, inputs.filled_in(path, asked), headers, body, asked.get("token", ""))


def signed_in(place: Ground, path: str) -> list[Header]:
    """The coordinator's cookie, where it belongs."""
    return [(b"cookie", place.cookie.encode())] if path.startswith("/coordinator") else []


def attack(place: Ground, records: Records, method: str, path: str, data: st.DataObject) -> None:
    """A few bent requests one after the other, then everything as it was."""
    try:
        for _ in range(data.draw(st.integers(1, 2))):
            request = bent(place, method, path, data.draw)
            records.lines.clear()
            answer = send(place, request)
            check(place, request, answer)
            logged = "\n".join(records.lines)
            secrets = [*place.keys.own.values(), *place.links.values(), place.session]
            assert not [item for item in secrets if item in without_tokens(logged)], f"{request}\nlogged a token:\n{logged}"
        assert method != "POST" or place.rows.wrong() == []
    finally:
        place.rows.restore()


def bent(place: Ground, method: str, path: str, draw: Any) -> Request:
    """The request of the route's aim with something else in its address, its headers, its form; or with another method."""
    aim = AIMS[method, path]
    values = dict(aim.values(place))
    if values and draw(st.integers(0, 2)) == 0:
        name = draw(st.sampled_from(sorted(values)))
        values[name] = draw(value_of(place, name))
    own = values.get("token", "")
    sent = method if draw(st.integers(0, 7)) else draw(st.sampled_from(METHODS))
    stolen = [f"writer={cookies_of(place)}", place.cookie, place.cookie[:-3] + "AAA", place.cookie.replace("coordinator", "writer")]
    headers = draw(inputs.headers(stolen)) + (signed_in(place, path) if draw(st.integers(0, 4)) else [])
    kind, body = b"", b""
    if method == "POST":
        form = place.form(path, aim)
        form.items = form.items if draw(st.integers(0, 3)) == 0 else inputs.mutated(draw, form.items)
        kind, body = inputs.body(draw, form, is_tame=False)
    return Request(sent, inputs.filled_in(path, values) + draw(inputs.queries), [*headers, (b"content-type", kind)], body, own)


def value_of(place: Ground, name: str) -> st.SearchStrategy[str]:
    """What may stand for a parameter of an address."""
    if name == "token":
        return inputs.tokens(place.keys)
    if name in ("number", "gate", "revision"):
        return inputs.numbers(place.numbers.values())
    return st.one_of(
        inputs.hostile, st.sampled_from(["orchard", "heath", "D1.1", "city-damson", "en", "it", "pdf", "html", "vision", "actions"])
    )


def cookies_of(place: Ground) -> str:
    """A writer's cookie that was signed here, for somebody with an odd name."""
    from starlette.responses import Response

    answer = Response()
    cookies.remember_writer(answer, SECRET, f"Anna {TAG}", place.world.now)
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


def send(place: Ground, request: Request) -> Answer:
    if request.method != "POST":
        place.rows.mark()
    return place.wire.ask(request.method, request.target, request.headers, request.body)


def check(place: Ground, request: Request, answer: Answer) -> None:
    """Everything that holds for every answer; and that nothing but a POST has written."""
    wrong = list(faults(place, request, answer))
    if request.method != "POST" and (row := place.rows.changed()):
        wrong.append(f"wrote to the database: {row}")
    trace = "".join(traceback.format_exception(answer.error)[-6:]) if answer.error else ""
    assert not wrong, f"{request}\n{answer.status}: {'; '.join(wrong)}\n{trace}{answer.text[:1500]}"
