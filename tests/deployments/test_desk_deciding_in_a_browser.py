"""A council returns a plan with a comment on a section, the officer revises it, the council adopts it with its act and the signed file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from models.contributions import Contribution
from models.database import changing, reading
from models.decisions import Verdict
from models.standing import load
from tests.browsers import DESKTOP, PHONE, browsing, press, serving
from tests.deployments.deciding_forms import ADOPTION, CEDAR, adopter, attachments
from tests.deployments.desk_world import World, decisions, launched, opened, play, settle
from tests.models import files

COMMENT = "Please say who will live there."
VISION = "In ten years everybody who comes to Cedar is at home in it."


@pytest.mark.server
def test_a_council_returns_and_later_adopts_with_the_number_of_its_act_and_the_signed_file(tmp_path: Path, chromium: str) -> None:
    world = launched(tmp_path)
    play(world, opened(ADOPTION))
    with serving(world.app) as address, browsing(chromium) as browser:
        council, officer = (browser.new_context(viewport=size).new_page() for size in (DESKTOP, PHONE))
        council.goto(f"{address}/a/{adopter(world)}")
        _return_with_a_remark(council)
        _time_goes_on(world)
        officer.goto(f"{address}/a/{world.token('plan-final', CEDAR, 'cedar', 'project-lead')}")
        _revise(officer)
        _time_goes_on(world)
        council.goto(f"{address}/a/{adopter(world)}")
        _adopt(council, world)
    returned, adopted = decisions(world, ADOPTION, CEDAR)
    assert (returned.verdict, [remark["comment"] for remark in returned.remarks or ()]) == (Verdict.RETURN, [COMMENT])
    assert (adopted.verdict, adopted.act_number, adopted.act_on) == (Verdict.APPROVE, "12/2024", world.now.date())
    [kept] = attachments(world)
    assert (kept.filename, kept.sha256) == ("delibera.pdf.p7m", hashlib.sha256(files.signed()).hexdigest())
    with reading(world.engine) as session:
        [plan] = [item for item in session.query(Contribution) if (item.gate_key, item.scope) == ("plan-final", CEDAR)]
        assert plan.current is not None
        assert plan.current.body["vision"] == VISION


def _return_with_a_remark(page: Page) -> None:
    remark = page.locator("details.remark").first
    folded = remark.locator("xpath=ancestor::details[not(@open)]/summary")
    while folded.count():
        folded.first.click()
    remark.locator("summary").click()
    remark.get_by_role("textbox").fill(COMMENT)
    page.get_by_label("Return with comments").check()
    press(page.get_by_role("button", name="Record the decision"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your decision is recorded")
    expect(page.get_by_text(COMMENT)).to_be_visible()


def _revise(page: Page) -> None:
    expect(page.get_by_text(COMMENT).first).to_be_visible()
    press(page.locator('p.start a[href$="/check"]'))
    press(page.locator('section.checked a[href*="/form/vision"]'))
    page.get_by_label("Vision").fill(VISION)
    press(page.locator('.finish button[value="next"]'))
    if not page.url.endswith("/check"):
        page.goto(page.url.partition("/form/")[0] + "/check")
    press(page.locator('main form[action$="/check"] button[type=submit]'))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your contribution has arrived")


def _adopt(page: Page, world: World) -> None:
    expect(page.get_by_text(VISION).first).to_be_attached()
    page.get_by_label("Approve", exact=True).check()
    press(page.get_by_role("button", name="Record the decision"))
    expect(page.locator(".problems")).to_be_visible()
    page.get_by_label("Number of the act").fill("12/2024")
    page.get_by_label("Date of the act").fill(world.now.date().isoformat())
    act: FilePayload = {"name": "delibera.pdf.p7m", "mimeType": "application/pkcs7-mime", "buffer": files.signed()}
    page.get_by_label("The signed file (optional)").set_input_files(files=[act])
    press(page.get_by_role("button", name="Record the decision"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your decision is recorded")
    expect(page.get_by_text("12/2024")).to_be_visible()
    expect(page.get_by_text("delibera.pdf.p7m")).to_be_visible()


def _time_goes_on(world: World) -> None:
    """What an answer brings is carried out."""
    with changing(world.engine) as session:
        settle(session, load(session, "orchard", locked=True), world.now)
