"""Another language is chosen in the footer of a page, remembered in this browser, and counts for pages alone."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.deployments.coordinator_world import HOME, Browser
from tests.deployments.desk_world import World
from tests.deployments.form_fields import Form, forms


def switch(page: str) -> Form | None:
    return next((form for form in forms(page) if form.action == "/language"), None)


def chosen(browser: Browser, address: str, language: str) -> str:
    """Press the button of a language in the footer of a page; where that leads."""
    form = switch(browser.get(address).text)
    assert form is not None
    assert ("language", language) in form.buttons
    answer = browser.post("/language", language=language, **dict(form.items))
    assert answer.status_code == 303
    return answer.headers["location"]


def language_of(page: str) -> str:
    found = re.search(r'<html lang="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_page_behind_a_link_is_in_the_language_that_was_chosen_and_leads_back_to_where_it_was(world: World, token: str) -> None:
    browser = Browser(world)
    address = f"/a/{token}/form/needs?open=needs.e1&check"
    page = browser.get(address)
    assert language_of(page.text) == "en"
    assert '<button class="plain" type="submit" name="language" value="it" lang="it">Italiano</button>' in page.text
    assert "set-cookie" not in page.headers
    assert chosen(browser, address, "it") == address
    for place in (address, f"/a/{token}", f"/a/{token}/check", f"/a/{token}/hand-on", f"/a/{token}/more-time", f"/a/{token}/organisation"):
        shown = browser.get(place)
        assert (language_of(shown.text), shown.headers["content-language"]) == ("it", "it"), place
        assert 'lang="en">English</button>' in shown.text
    assert "Salvare" in browser.get(address).text
    assert chosen(browser, address, "en") == address
    assert "Save" in browser.get(address).text
    assert language_of(world.get(address).text) == "en", "another browser has chosen nothing"


def test_pages_of_nobody_are_in_the_chosen_language_whatever_the_browser_asks_for(world: World) -> None:
    browser = Browser(world)
    chosen(browser, "/", "it")
    for address in ("/", "/link", "/documents/", "/coordinator", "/a/nothing"):
        page = world.get(address, headers={"accept-language": "en", **browser._headers()})
        assert language_of(page.text) == "it", address
        assert {"accept-language", "cookie"} <= set(page.headers["vary"].lower().replace(" ", "").split(","))


def test_the_coordinators_pages_are_in_the_language_the_coordinator_chose(world: World) -> None:
    browser = Browser(world)
    browser.sign_in()
    before = language_of(browser.get(HOME).text)
    assert before == "en"
    assert chosen(browser, HOME, "it") == HOME
    assert language_of(browser.get(HOME).text) == "it"


def test_a_document_keeps_its_language_whatever_was_chosen_for_the_pages(review: World) -> None:
    token = review.token("needs-approval", "city-cedar", "cedar", "mayor-delegate")
    browser = Browser(review)
    chosen(browser, f"/a/{token}", "it")
    found = re.search(r'href="(/a/[^"]+/edition/\d+)"', browser.get(f"/a/{token}").text)
    assert found is not None
    assert language_of(browser.get(found[1]).text) == "en"


@pytest.mark.parametrize(
    "page",
    [
        "//evil.example/", "/\\evil.example", "\\/evil.example", "https://evil.example/", "javascript:alert(1)", "/\t/evil.example", "",
        "/a\r\nset-cookie: x=y", "evil.example", "/" + "x" * 3000, "/ä",
    ],
)  # fmt: skip
def test_a_choice_leads_nowhere_but_to_a_page_of_the_desk(world: World, page: str) -> None:
    answer = world.post("/language", data={"language": "it", "page": page})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_only_a_language_there_are_words_in_is_taken_and_only_from_our_own_pages(world: World) -> None:
    for language in ("fr", "", "IT", "../it", "it\r\nx"):
        answer = world.post("/language", data={"language": language, "page": "/"})
        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers
    answer = world.post("/language", data={"language": "it", "page": "/"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert world.get("/language?language=it").status_code == 405
    for value in ("fr", "<script>", "it; x", "x" * 5000):
        assert language_of(world.get("/", headers={"cookie": f"language={value}"}).text) == ("it" if value == "it; x" else "en")


def test_the_cookie_is_kept_to_this_host_behind_https(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example")
    said = world.post("/language", data={"language": "it", "page": "/"}).headers["set-cookie"]
    assert said.startswith("__Host-language=it;")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in said.split(";")}
    assert language_of(world.get("/", headers={"cookie": "__Host-language=it"}).text) == "it"
    assert language_of(world.get("/", headers={"cookie": "language=it"}).text) == "en"


def test_a_page_that_came_back_with_what_was_typed_offers_no_other_language(world: World, token: str) -> None:
    page = world.post(f"/a/{token}/hand-on", data={"proof": "0" * 64, "label": "Housing"})
    assert page.status_code == 403
    assert switch(page.text) is None


def test_whoever_reads_a_page_is_told_which_cookies_there_are(world: World, token: str) -> None:
    for address in ("/", f"/a/{token}", f"/a/{token}/organisation", f"/a/{token}/check"):
        said = unescape(world.get(address).text)
        assert "These pages set cookies only to remember who is writing and which language was chosen" in said, address
