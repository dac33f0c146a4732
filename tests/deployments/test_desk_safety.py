"""What keeps the desk safe: links, proofs, limits, headers, files, logs; its plain pages for what went wrong; its start."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from starlette.requests import Request
from starlette.routing import Route

from deployments.desk import create_app
from deployments.desk.security import NoTokens, keep_tokens_out_of_logs, proof
from deployments.desk.site import ROUTES, Desk
from models import links
from models.database import changing
from models.editions import EditionFile
from models.errors import ProgrammeError
from models.standing import load
from tests.deployments.desk_world import SECRET, World, copied, play

FORMS = ("", "/attachments", "/hand-on", "/more-time", "/form/needs", "/check", "/word", "/workbook", "/attachments/1/withdraw")
"""Behind a link to a contribution: every page that takes a form."""


@pytest.fixture(scope="module")
def second_phase(morning: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = copied(morning, tmp_path_factory.mktemp("second"))
    play(world, lambda standing: standing.phase(1).completed_at is not None)
    return world


@pytest.fixture
def published(second_phase: World, tmp_path: Path) -> World:
    """Phase 1 is complete and its deliverables are published."""
    return copied(second_phase, tmp_path / "published")


def lead(world: World) -> str:
    return world.token("needs", "city-cedar", "cedar", "project-lead")


# -- links ---------------------------------------------------------------------------------------------------------


def assert_opens_nothing(answer: httpx.Response, status: int, said: str) -> None:
    assert answer.status_code == status
    assert said in answer.text
    assert "Orchard" not in answer.text
    assert "Cedar" not in answer.text


@pytest.mark.parametrize("address", ["", "/receipt", "/template.yaml", "/edition/1", "/edition/1.pdf"])
def test_a_forged_link_opens_nothing(world: World, address: str) -> None:
    token = lead(world)
    forged = token[:-4] + ("aaaa" if not token.endswith("aaaa") else "bbbb")
    for tried in (forged, "nonsense", token.split(".", maxsplit=1)[0], "%00", "☃"):
        assert_opens_nothing(world.get(f"/a/{tried}{address}"), 404, "This link does not work")


def test_a_link_signed_with_another_key_opens_nothing(world: World) -> None:
    foreign = links.sign("another secret", "act", "orchard", 1, None, "cedar", "project-lead", date(2030, 1, 1))
    rehearsed = links.sign(links.REHEARSAL_SECRET, "act", "orchard", 1, None, "cedar", "project-lead", date(2030, 1, 1))
    for token in (foreign, rehearsed):
        assert_opens_nothing(world.get(f"/a/{token}"), 404, "This link does not work")
        assert_opens_nothing(world.post(f"/a/{token}", data={"verdict": "approve"}), 404, "This link does not work")


def test_a_link_that_has_run_out_says_so(world: World) -> None:
    old = world.token("needs", "city-cedar", "cedar", "project-lead", days=-1)
    assert_opens_nothing(world.get(f"/a/{old}"), 410, "This link is too old")
    assert_opens_nothing(world.post(f"/a/{old}", data={}), 410, "This link is too old")


@pytest.mark.parametrize(
    ("programme", "gate_id", "organisation"), [("elsewhere", 1, "cedar"), ("orchard", 99999, "cedar"), ("orchard", 1, "nobody")]
)
def test_a_link_to_what_is_not_there_opens_nothing(world: World, programme: str, gate_id: int, organisation: str) -> None:
    token = links.sign(SECRET, "act", programme, gate_id, None, organisation, "project-lead", date(2030, 1, 1))
    assert_opens_nothing(world.get(f"/a/{token}"), 404, "This link does not work")


def test_a_link_for_another_organisation_lets_it_read_only(world: World) -> None:
    token = world.token("needs", "city-cedar", "damson", "project-lead")
    assert "For your information" in world.get(f"/a/{token}").text
    answer = world.post(f"/a/{token}", data={"proof": proof(SECRET, token), "text": "gate: needs"})
    assert answer.status_code == 409
    assert "for reading only" in answer.text


def test_the_address_in_notices_leads_to_the_page(world: World) -> None:
    token = lead(world)
    address = links.address("http://desk.example", token)
    answer = world.get(address)
    while answer.is_redirect:
        answer = world.get(answer.headers["location"])
    assert answer.status_code == 200
    assert "Needs assessment questionnaire" in answer.text


# -- forms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"proof": ""}, {"proof": "0" * 64}, {"proof": proof(SECRET, "another link")}])
def test_a_form_that_is_not_from_the_page_records_nothing_and_loses_nothing(world: World, given: dict[str, str]) -> None:
    answer = world.post(f"/a/{lead(world)}", data={**given, "text": "gate: needs # typed"})
    assert answer.status_code == 403
    assert "gate: needs # typed</textarea>" in answer.text
    assert world.nudged == []


def test_what_is_too_large_is_refused_with_a_plain_page(world: World) -> None:
    token = lead(world)
    given = {"proof": proof(SECRET, token)}
    answer = world.post(f"/a/{token}", data=given, files={"file": ("needs.yaml", b"#" * (1024 * 1024 + 1))})
    assert answer.status_code == 413
    assert "That is too large" in answer.text
    answer = world.post(f"/a/{token}", data=given, files={"file": ("needs.yaml", b"#" * (5 * 1024 * 1024))})
    assert answer.status_code == 413


def test_a_form_of_a_thousand_fields_is_refused(world: World) -> None:
    token = lead(world)
    answer = world.post(f"/a/{token}", data={f"field-{n}": "x" for n in range(1000)})
    assert answer.status_code == 400
    assert "did not arrive whole" in answer.text


@pytest.mark.parametrize("encoding", ["punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "utf-16"])
@pytest.mark.parametrize("page", ["", "/attachments", "/form/needs", "/word", "/workbook", "/check"])
def test_a_form_in_an_encoding_that_is_not_the_pages_is_refused_unread(world: World, page: str, encoding: str) -> None:
    body = b'--B\r\ncontent-disposition: form-data; name="proof"\r\n\r\na-' + b"zz9" * 20_000 + b"\\ud800\r\n--B--\r\n"
    sent = {"content-type": f"multipart/form-data; boundary=B; charset={encoding}"}
    answer = world.post(f"/a/{lead(world)}{page}", content=body, headers=sent)
    assert answer.status_code == 400
    assert "did not arrive whole" in answer.text


@pytest.mark.parametrize("name", ["needs..", ".", "..", "needs.e1.", ".needs"])
def test_a_field_that_no_page_has_is_passed_over(world: World, name: str) -> None:
    token = lead(world)
    given = {"proof": proof(SECRET, token), "base": "0.0", "needs": "e1", "needs.": "x", name: "x"}
    assert world.post(f"/a/{token}/form/needs", data=given).status_code in (303, 422)


@pytest.mark.parametrize("number", ["9" * 10, "9" * 30, "9" * 5000])
def test_a_number_that_no_row_has_is_no_page_however_long_it_is(world: World, number: str) -> None:
    found = [route.path for route in ROUTES if ":number}" in route.path]
    assert found
    assert not [route.path for route in ROUTES if ":int}" in route.path]
    for path in found:
        address = re.sub(r"{\w+:number}", number, path).format(token=lead(world), programme="orchard")
        for answer in (world.get(address), world.post(address)):
            assert answer.status_code == 404, address


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=B", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("page", ["/link", "/coordinator", "/sign-in/x", *(f"/a/TOKEN{rest}" for rest in FORMS)])
def test_a_connection_that_is_lost_in_the_middle_of_a_form_is_no_fault_of_ours(world: World, page: str, kind: str) -> None:
    path = page.replace("TOKEN", lead(world))
    arrived: list[dict[str, Any]] = [{"type": "http.request", "body": b"--B\r\n", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return arrived.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", kind.encode()), (b"host", b"desk.example")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1)}
    asyncio.run(world.app(scope, receive, send))
    assert sent[0]["status"] == 400


# -- every answer --------------------------------------------------------------------------------------------------


def every_address(world: World) -> Iterator[tuple[str, str]]:
    """Every route with something in its place, and some that are none."""
    values = {
        "token": lead(world),
        "programme": "orchard",
        "number": "D1.1",
        "scope": "city-cedar",
        "language": "en",
        "format": "html",
        "city": "cedar",
        "path": "index.html",
        "place": "context",
    }
    for route in world.app.routes:
        assert isinstance(route, Route)
        path = re.sub(r"\{\w+:number\}", "1", route.path).replace("{path:path}", "{path}").format(**values)
        yield from ((method, path) for method in route.methods or ())
    yield from (("GET", "/nothing"), ("PUT", "/a/x"), ("GET", "/a/x"), ("POST", "/"), ("GET", "/documents/x/y"))


def test_every_answer_has_the_security_headers(world: World) -> None:
    seen = set()
    for method, path in every_address(world):
        answer = world.post(path) if method == "POST" else world.get(path)
        seen.add(answer.status_code)
        assert answer.status_code < 500, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        # the pages on which one writes save by themselves, and that of links copies them, with our one script
        if "novalidate data-autosave" in answer.text or (path.endswith("/hand-on") and "<script" in answer.text):
            assert policy.endswith("; script-src 'self'; connect-src 'self'"), path
            assert answer.text.count("<script") == answer.text.count('<script src="/static/desk.js?v=') == 1
            continue
        assert "script" not in policy, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        if path.startswith("/a/"):
            assert answer.headers["cache-control"] == "no-store", path
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert "<script" not in answer.text, path
    assert {200, 303, 308, 403, 404, 405} <= seen


def test_what_cannot_be_done_is_said_plainly(world: World) -> None:
    assert "There is no such page" in world.get("/nothing").text
    answer = world.post("/documents/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "This page cannot do that" in answer.text


def test_a_defect_of_ours_is_told_kindly_and_shows_nothing_inside(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: Request) -> None:
        raise RuntimeError("a secret inside")

    world.app.router.routes.insert(0, Route("/broken", broken))
    answer = world.get("/broken")
    world.app.router.routes.pop(0)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "a secret inside" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


# -- logs ----------------------------------------------------------------------------------------------------------


def test_no_token_gets_into_an_access_log(caplog: pytest.LogCaptureFixture) -> None:
    keep_tokens_out_of_logs()
    keep_tokens_out_of_logs()
    logger = logging.getLogger("uvicorn.access")
    assert len([item for item in logger.filters if isinstance(item, NoTokens)]) == 1
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/a/the.secret-token/edition/3?x=1", "1.1", 200)
        logger.info("GET /link/the.secret-token HTTP/1.1")
    assert "secret-token" not in caplog.text
    assert "/edition/3" in caplog.text


# -- files ---------------------------------------------------------------------------------------------------------


def test_what_is_published_can_be_read_by_everybody(published: World) -> None:
    page = published.get("/documents/").text
    addresses = re.findall(r'href="(/documents/[^"]+)"', page)
    assert "/documents/orchard/D1.1/city-cedar/en.html" in addresses
    for address in addresses:
        assert published.get(address).status_code == 200, address


def test_what_is_not_published_cannot_be_read(world: World, published: World) -> None:
    assert "Nothing has been published yet" in world.get("/documents/").text
    assert world.get("/documents/orchard/D1.1/city-cedar/en.html").status_code == 404
    for address in (
        "orchard/D2.1/pair-cedar/en.html",
        "orchard/D1.1/city-cedar/xx.html",
        "orchard/D1.1/city-cedar/en.exe",
        "nowhere/D1.1/city-cedar/en.html",
    ):
        assert published.get(f"/documents/{address}").status_code == 404, address


def with_file(world: World, format_: str, path: str) -> None:
    """The row of a file of Cedar's published needs assessment."""
    with changing(world.engine) as session:
        edition = load(session, "orchard").latest_edition("D1.1", "city-cedar")
        assert edition is not None
        session.add(
            EditionFile(edition_id=edition.id, language="en", format=format_, stamped=True, path=path, build_key="k", file_sha256="f")
        )


def test_the_file_that_was_made_is_what_is_handed_out(published: World) -> None:
    with_file(published, "pdf", "deliverables/D1.1/city-cedar/en.pdf")
    assert published.get("/documents/orchard/D1.1/city-cedar/en.pdf").status_code == 404
    file = published.folder / "documents" / "deliverables" / "D1.1" / "city-cedar" / "en.pdf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"%PDF-1.7 the file")
    answer = published.get("/documents/orchard/D1.1/city-cedar/en.pdf")
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7 the file", "application/pdf")
    assert 'hreflang="en">PDF' in published.get("/documents/").text


def test_no_address_and_no_row_leads_out_of_the_folder(published: World) -> None:
    outside = published.folder / "secret.html"
    outside.write_text("outside")
    site = published.folder / "documents" / "shops" / "cedar"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<h1>Shop</h1>")
    (site / "link.html").symlink_to(outside)
    with_file(published, "pdf", "../secret.html")
    with_file(published, "site", "shops/cedar/index.html")
    assert published.get("/documents/orchard/D1.1/city-cedar/en.pdf").status_code == 404
    assert published.get("/shops/cedar").headers["location"] == "/shops/cedar/"
    assert "Shop" in published.get("/shops/cedar/").text
    for path in (
        "..%2f..%2f..%2fsecret.html",
        "../../../secret.html",
        "%2e%2e/%2e%2e/%2e%2e/secret.html",
        "/etc/passwd",
        "link.html",
        "a%00b",
        "x" * 5000,
    ):
        answer = published.get(f"/shops/cedar/{path}")
        assert answer.status_code == 404, path
        assert "outside" not in answer.text


# -- its start -----------------------------------------------------------------------------------------------------


def test_health_tells_whether_the_database_answers_with_the_schema_of_this_version(world: World) -> None:
    assert world.get("/health").json() == {"status": "ok", "programmes": 1, "last_sweep_at": None}
    with world.engine.begin() as connection:
        connection.execute(text("alter table notice drop column rung"))
    answer = world.get("/health")
    assert answer.status_code == 503
    assert "notice.rung" in answer.json()["reason"]


def test_health_tells_that_there_is_no_database(tmp_path: Path) -> None:
    answer = World(tmp_path).get("/health")
    assert answer.status_code == 503
    assert "has not the newest schema" in answer.json()["reason"]


def test_the_desk_does_not_start_without_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DESK_SECRET", raising=False)
    monkeypatch.setenv("VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/programme.db")
    with pytest.raises(ProgrammeError, match="DESK_SECRET"):
        Desk.from_environment()
    (tmp_path / "secret").write_text("kept by make up\n")
    assert Desk.from_environment().secret == "kept by make up"
    monkeypatch.setenv("DESK_SECRET", links.REHEARSAL_SECRET)
    with pytest.raises(ProgrammeError, match="known to everybody"):
        Desk.from_environment()


async def test_an_app_that_is_not_configured_fails_at_its_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DESK_SECRET", raising=False)
    monkeypatch.setenv("VAR", str(tmp_path))
    app = create_app()
    with pytest.raises(ProgrammeError, match="no secret"):
        async with app.router.lifespan_context(app):
            pass


def test_links_are_read_by_the_programmes_clock(world: World) -> None:
    token = world.token("needs", "city-cedar", "cedar", "project-lead", days=10)
    assert world.get(f"/a/{token}").status_code == 200
    world.set_clock(datetime(2024, 4, 1, tzinfo=UTC))
    assert world.get(f"/a/{token}").status_code == 410
