"""Every page of the desk in a real browser: axe finds nothing, it fits a telephone and twice the text, a keyboard is enough.

`PAGES` has an address for every page template; a template without one fails. `make test` looks at some of them, `make prove` at all, in
every language there are words in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from deployments.desk.security import proof
from tasks.rendering import TEMPLATES, environment
from tasks.wording import catalogues
from tests.browsers import browsing, press, serving
from tests.deployments.desk_fuzz_ground import Ground, ground
from tests.deployments.desk_fuzz_inputs import BOUNDARY, multipart, urlencoded
from tests.deployments.desk_fuzz_world import ALL_STOPS, STOPS
from tests.deployments.desk_world import SECRET

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DOUBLED, WIDE = 360, 640, 1280
"""Pixels across: a telephone, a screen of 1280 at 200 per cent, that screen."""

Where = Callable[[Ground], str]


@dataclass(frozen=True)
class Look:
    """A page: its template, where it is, and whether the form on it is sent as it stands, to see it with what is wrong."""

    template: str
    where: Where
    sends: str = ""
    quick: bool = False
    is_ours: bool = True
    """Whether it is in Cedar's language; public pages and those of others need not be."""

    def __str__(self) -> str:
        return self.template + (f" after “{self.sends}”" if self.sends else "")


def own(name: str, more: str = "") -> Where:
    """A page behind one of the tokens; `{…}` stands for a number of something that is there."""
    return lambda place: f"/a/{place.keys.own[name]}{more.format(**place.numbers)}"


def at(path: str) -> Where:
    return lambda _: path


SUBMIT = "main form button[type=submit], main form button:not([type])"
UPLOAD = "main form[enctype] button"
PAGES = (
    Look("front", at("/"), is_ours=False),
    Look("documents", at("/documents/"), is_ours=False),
    Look("failed", at("/a/nothing"), is_ours=False),
    Look("failed", own("old"), quick=True),
    Look("failed", own("withdrawn")),
    Look("health", at("/health"), is_ours=False),
    Look("lost", at("/link"), is_ours=False, quick=True),
    Look("lost", at("/link"), SUBMIT, is_ours=False),
    Look("lost_sent", at("/link/sent"), is_ours=False),
    Look("lost_sent", own("old", "/again")),
    Look("ask", own("plan"), quick=True),
    Look("ask", own("read")),
    Look("ask", own("mayor"), quick=True),
    Look("ask", own("mayor"), SUBMIT, quick=True),
    Look("ask", own("event"), is_ours=False),
    Look("ask", own("event"), SUBMIT, is_ours=False),
    Look("ask", own("answered")),
    Look("receipt", own("answered", "/receipt"), quick=True),
    Look("receipt", own("answered", "/receipt/1")),
    Look("receipt", own("decided", "/receipt")),
    Look("reading", own("reading")),
    Look("organisation", own("home", "/organisation"), quick=True),
    Look("attached", own("plan", "/attachments")),
    Look("attached", own("plan", "/attachments"), UPLOAD),
    Look("hand_on", own("plan", "/hand-on")),
    Look("hand_on", own("plan", "/hand-on"), SUBMIT),
    Look("form", own("plan", "/form/vision")),
    Look("form", own("plan", "/form/actions?check"), quick=True),
    Look("form", own("plan", "/form/actions.e1")),
    Look("form", own("needs", "/form/needs")),
    Look("form_check", own("plan", "/check")),
    Look("form_check", own("needs", "/check")),
    Look("form_print", own("plan", "/print")),
    Look("form_print", own("needs", "/print")),
    Look("form_handed_on", own("part")),
    Look("more_time", own("plan", "/more-time")),
    Look("more_time", own("plan", "/more-time"), SUBMIT),
    Look("coordinator/front", at("/coordinator"), is_ours=False),
    Look("coordinator/asked", at("/sign-in"), is_ours=False),
    Look("coordinator/sign_in", lambda place: f"/sign-in/{place.links['waiting']}", is_ours=False),
    Look("coordinator/no_sign_in", lambda place: f"/sign-in/{place.links['used']}", is_ours=False),
    Look("coordinator/programme", at("/coordinator/orchard"), is_ours=False, quick=True),
    Look("coordinator/gate", lambda place: f"/coordinator/orchard/gate/{place.numbers['gate']}", is_ours=False),
    Look("coordinator/gate", lambda place: f"/coordinator/orchard/gate/{place.numbers['late gate']}", is_ours=False, quick=True),
    Look("coordinator/phase", at("/coordinator/orchard/phase/1"), is_ours=False, quick=True),
    Look(
        "coordinator/revision",
        lambda place: f"/coordinator/orchard/gate/{place.numbers['late gate']}/revision/{place.numbers['late']}",
        is_ours=False,
    ),
    Look("coordinator/late", lambda place: f"/coordinator/orchard/tray/{place.numbers['late']}", is_ours=False),
    Look("coordinator/late", lambda place: f"/coordinator/orchard/tray/{place.numbers['late']}", SUBMIT, is_ours=False),
    Look("coordinator/settled", at("/coordinator/orchard/tray/99999"), is_ours=False),
    Look("word", own("plan", "/word")),
    Look("word", own("plan", "/word"), SUBMIT),
    Look("word_preview", own("plan", "/word/{word}")),
    Look("word_settled", own("plan", "/word/{settled}")),
    Look("workbook_page", own("plan", "/workbook")),
    Look("workbook_page", own("plan", "/workbook"), SUBMIT),
    Look("workbook_preview", own("plan", "/workbook/{workbook}")),
)
"""Every page template at least once."""

FRAME = re.compile(r'{%\s*extends "desk/([^"]+)\.html"')


def page_templates() -> set[str]:
    """The templates of whole pages: whatever extends the frame and is not itself a frame of others."""
    files = {path.relative_to(TEMPLATES / "desk").with_suffix("").as_posix(): path for path in (TEMPLATES / "desk").rglob("*.html")}
    frames = {name: found[1] for name, path in files.items() if (found := FRAME.search(path.read_text(encoding="utf-8")))}
    return set(frames) - set(frames.values())


# -- what is looked at -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The world of the fuzz, with a document that came back and was settled."""
    with ground(tmp_path_factory.mktemp("accessible"), ALL_STOPS if _is_long(request) else STOPS) as found:
        _prepare(found)
        yield found


def _is_long(request: pytest.FixtureRequest) -> bool:
    """Whether the whole sweep is among what is run here."""
    return any(item.get_closest_marker("prove") for item in request.session.items if item.path == request.path)


def _prepare(place: Ground) -> None:
    plan = place.keys.own["plan"]
    proven = [("proof", proof(SECRET, plan))]

    def post(address: str, kind: str, body: bytes) -> str:
        answer = place.wire.ask("POST", address, [(b"content-type", kind.encode())], body)
        assert answer.status == 303, answer.text
        return answer.header("location")

    place.numbers["settled"] = place.numbers["word"]
    settled = f"/a/{plan}/word/{place.numbers['word']}"
    post(settled, "application/x-www-form-urlencoded", urlencoded([*proven, ("take", "none")]))
    sent = multipart(proven, [("file", ("plan.docx", place.downloads["plan.docx"]))])
    again = post(f"/a/{plan}/word", f"multipart/form-data; boundary={BOUNDARY}", sent)
    place.numbers["word"] = int(again.rpartition("/")[2])


@pytest.fixture(scope="module")
def address(place: Ground) -> Iterator[str]:
    """The desk under uvicorn on a port of its own."""
    with serving(place.world.app) as where:
        place.world.app.state.limits = None
        yield where


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with browsing(chromium) as opened:
        yield opened


def test_every_page_template_is_looked_at() -> None:
    assert page_templates() == {look.template for look in PAGES}
    assert {look.template for look in PAGES if look.quick} <= page_templates()


@pytest.mark.server
def test_pages_are_for_everybody(place: Ground, address: str, browser: Browser) -> None:
    language = catalogues()[-1]
    page = _page(place, browser, address, language)
    _speak(place, language)
    wrong = [fault for look in PAGES if look.quick for fault in _faults(place, page, address, look, language)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.prove
@pytest.mark.server
@pytest.mark.parametrize("language", catalogues())
def test_every_page_is_for_everybody_in_every_language(place: Ground, address: str, browser: Browser, language: str) -> None:
    page = _page(place, browser, address, language)
    _speak(place, language)
    wrong = [fault for look in PAGES for fault in (*_faults(place, page, address, look, language), *_wide(page, look))]
    assert not wrong, "\n".join(wrong)


# -- how ---------------------------------------------------------------------------------------------------------------


def _page(place: Ground, browser: Browser, address: str, language: str) -> Page:
    """A telephone in that language, signed in to the coordinator's side."""
    context = browser.new_context(viewport={"width": PHONE, "height": 740}, locale=language)
    name, _, value = place.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    return context.new_page()


def _speak(place: Ground, language: str) -> None:
    """Cedar's mailboxes are in that language."""
    with place.world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(
            text("update contact set language = :language where organisation_id in (select id from organisation where slug = 'cedar')"),
            {"language": language},
        )


def _faults(place: Ground, page: Page, address: str, look: Look, language: str) -> Iterator[str]:
    environment(language).cache.clear()  # type: ignore[union-attr]  # to see which templates the page was made of
    environment("en").cache.clear()  # type: ignore[union-attr]
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.goto(address + look.where(place))
    if look.sends:
        press(page.locator(look.sends).first)
    used = {name for spoken in {language, "en"} for _, name in environment(spoken).cache}  # type: ignore[union-attr]
    if f"desk/{look.template}.html" not in used:
        yield f"{look}: {look.where(place)[-40:]} is another page: {page.title()}"
        return
    yield from (f"{look}, {language}: {fault}" for fault in (*_said(page, look, language), *_axe(page), *_fits(page), *_keyboard(page)))


def _wide(page: Page, look: Look) -> Iterator[str]:
    """The page that is open, at its other widths."""
    for width in (DOUBLED, WIDE):
        page.set_viewport_size({"width": width, "height": 740})
        yield from (f"{look} at {width}: {fault}" for fault in _fits(page))
    yield from (f"{look} at {WIDE}: {fault}" for fault in _axe(page))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    yield from (f"{look} with twice the text: {fault}" for fault in _fits(page))


def _axe(page: Page) -> Iterator[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    for item in found.response["violations"]:
        yield f"{item['id']} ({item['help']}): " + "; ".join(node["html"][:160] for node in item["nodes"][:4])


def _fits(page: Page) -> Iterator[str]:
    across = page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
    if across > 0:
        yield f"is {across} pixels wider than the screen: {page.evaluate(WIDEST)}"


WIDEST = """() => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .slice(-2).map(e => e.outerHTML.slice(0, 120))"""


def _said(page: Page, look: Look, language: str) -> Iterator[str]:
    """Title, heading and language are there, once, and say the same."""
    title, headings = page.title(), page.locator("h1").all_inner_texts()
    if not title.strip() or len(headings) != 1 or not headings[0].strip():
        yield f"title {title!r}, headings {headings}"
    if look.sends and not page.locator(".problems, .error").count():
        yield "does not say what is wrong"
    if page.locator(".problems").count() and not re.match(r"\w+: ", title):
        yield f"the title does not say that something is wrong: {title!r}"
    said = page.evaluate("document.documentElement.lang")
    if look.is_ours and said != language:
        yield f"is in {said!r}"
    if page.evaluate("document.documentElement.dir") != "ltr":
        yield "is written the wrong way round"


def _keyboard(page: Page) -> Iterator[str]:
    """The first stop is the link that skips to the content and works; every stop can be seen and names itself."""
    if look := page.evaluate("document.activeElement.tagName") != "BODY":
        page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    if not look and page.evaluate("document.activeElement.className") != "skip":
        yield "the first stop is not the link to the content"
    yield from page.evaluate(STOPS_SEEN)
    page.evaluate("document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    if page.evaluate("document.activeElement.id") != "main":
        yield "the link to the content does not lead there"


STOPS_SEEN = """() => {
  const seen = [];
  const plain = style => [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.backgroundColor].join('|');
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')];
  for (const element of all) {
    if (!element.checkVisibility() || element.disabled) continue;
    document.activeElement.blur();
    const before = plain(getComputedStyle(element));
    element.focus();
    if (document.activeElement !== element) seen.push('cannot be reached: ' + element.outerHTML.slice(0, 120));
    else if (plain(getComputedStyle(element)) === before) seen.push('focus is not seen: ' + element.outerHTML.slice(0, 120));
  }
  return seen;
}"""
