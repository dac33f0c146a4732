"""The README's pictures: starts the real thing on free ports with a folder of its own, launches IncluCities, and looks at it.

`make pictures`, or `python -m deployments.pictures`. Needs Chromium and a few minutes. Everything it starts is stopped again.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import yaml
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import text

from deployments.processes import Children
from deployments.serving import ROOT, Serving, environment_of_children, keep_secret, serving
from deployments.up import migrate_database, prepare, start_desk, start_prefect, start_worker
from models import clock, links
from models.database import changing, connect, reading
from models.definition import Role
from models.doors import signing_in
from models.doors.launching import first_shared_day
from models.errors import ProgrammeError
from models.programme_file import read_programme
from models.standing import load

PICTURES = ROOT / "docs" / "pictures"
PROGRAMME = ROOT / "deployments" / "programmes" / "inclucities"
HANDED_IN = ("brussels", "mechelen", "jelgava")
"""Cities whose needs assessment has arrived when the pictures are taken."""
MORNING = timedelta(hours=9, minutes=40)
SETTLE_MS = 700
"""What fonts, curtains and charts need once the text is there."""
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
PATIENCE = 180.0
BUSY = 503
"""What Prefect's server says while its SQLite is locked, as it is now and then just after the start."""


def main() -> int:
    """Take all pictures; 1 with a plain message where something is missing."""
    try:
        with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
            take(Path(folder))
    except (ProgrammeError, BrowserError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def take(folder: Path) -> None:
    """Serve, launch with today as the start, hand in a few contributions, and photograph what a coordinator and a partner see."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    ports = {"PREFECT_PORT": str(_free_port()), "DESK_PORT": str(_free_port()), "VAR": str(folder / "var")}
    found = serving(ports)
    prepare(found)
    migrate_database(found)
    environment = environment_of_children(found, os.environ | ports, keep_secret(found.var, {}))
    with Children(found.var / "log", environment, ROOT) as children:
        day = _first_day(found)
        start_prefect(found, children)
        start_worker(children)
        start_desk(found, children)
        run = _launch(found, day)
        _hand_in(found, environment, run)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=list(QUIET))
            _coordinator(browser.new_page(viewport={"width": 1280, "height": 860}), found, run)
            _partner(browser.new_page(viewport={"width": 1280, "height": 900}), found, "partner-page")
            _partner(browser.new_page(viewport={"width": 360, "height": 740}), found, "partner-page-phone", form="partner-form-phone")
            _coordinators_desk(browser.new_page(viewport={"width": 1280, "height": 900}), found)
            _held(browser.new_page(viewport={"width": 1280, "height": 860}), found, run)
            _rehearsal(browser.new_page(viewport={"width": 1280, "height": 900}), folder)
            browser.close()


def _first_day(found: Serving) -> date:
    """The next day on which the programme can start. The clock of this database is set to its morning: at night nothing is open yet."""
    definition = read_programme(PROGRAMME)
    day = first_shared_day(definition, date.today())  # noqa: DTZ011 - what a coordinator would enter
    zone = ZoneInfo(definition.organisation(definition.coordinator).zone)
    at = (datetime(day.year, day.month, day.day, tzinfo=zone) + MORNING).astimezone(UTC).replace(tzinfo=None)
    engine = connect(found.database_url)
    with engine.begin() as connection:
        connection.execute(text("create table clock (at text)"))
        connection.execute(text("insert into clock values (:at)"), {"at": at.isoformat()})
    engine.dispose()
    return day


def _launch(found: Serving, day: date) -> str:
    """Launch IncluCities as the Run button does; the id of phase 1's run once it is suspended."""
    with _api(found) as api:
        deployment = api.get("/deployments/name/launch-programme/launch-programme").raise_for_status().json()["id"]
        parameters = {"programme": "inclucities", "start": day.isoformat()}
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}

        def launched() -> bool:
            answer = api.post(f"/deployments/{deployment}/create_flow_run", json=body)
            return answer.status_code != BUSY and bool(answer.raise_for_status())

        def suspended() -> str | None:
            runs: list[dict[str, Any]] = api.post("/flow_runs/filter", json={"flows": {"name": {"any_": ["phase-1"]}}}).json()
            return next((str(run["id"]) for run in runs if run["state_name"] == "Suspended"), None)

        _wait("the launch", launched)
        return str(_wait("phase 1 suspended", suspended))


def _hand_in(found: Serving, environment: Mapping[str, str], run: str) -> None:
    """Hand in the sample contributions of a few cities from the command line, then look again: the phase waits for the others."""
    command = Path(sys.executable).with_name("inclucities")
    for city in HANDED_IN:
        file = PROGRAMME / "contributions" / f"needs.city-{city}.yaml"
        subprocess.run([command, "contribute", file], env=dict(environment), cwd=ROOT, check=True)
    with _api(found) as api:
        api.post(f"/flow_runs/{run}/resume", json={"run_input": {}}).raise_for_status()
        _wait("the contributions taken", lambda: f"{len(HANDED_IN)} of" in str(_checklist(api)["data"]))
        _wait("phase 1 suspended again", lambda: api.get(f"/flow_runs/{run}").raise_for_status().json()["state_name"] == "Suspended")


def _coordinator(page: Page, found: Serving, run: str) -> None:
    page.goto(found.prefect_url)
    page.wait_for_url("**/dashboard**")
    base = re.sub(r"/dashboard.*$", "", page.url)
    with _api(found) as api:
        checklist = _checklist(api)["id"]
    _shoot(page, f"{base}/deployments", "launch-programme", "deployments")
    _shoot(page, f"{base}/artifacts/artifact/{checklist}", "gates satisfied", "artifact")
    _shoot(page, f"{base}/runs/flow-run/{run}", "open-phase|Beginning flow run", "suspended-phase")
    page.set_viewport_size({"width": 1280, "height": 1400})
    _open_form(page)
    page.set_viewport_size({"width": 1280, "height": 860})


def _open_form(page: Page) -> None:
    """⋮, then Resume, and the list of gates let down: the answer is not sent."""
    page.locator("button[aria-haspopup='menu']:visible").first.click()
    page.get_by_role("menuitem", name="Resume").click()
    form = page.get_by_role("dialog")
    form.get_by_text("On behalf of").last.scroll_into_view_if_needed()
    form.get_by_text("Select", exact=True).first.click()
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=PICTURES / "form.png", clip={"x": 340, "y": 60, "width": 600, "height": 1280})


def _checklist(api: httpx.Client) -> dict[str, Any]:
    """The newest artifact of phase 1."""
    body = {"artifacts": {"key": {"any_": ["inclucities-phase-1"]}}, "sort": "CREATED_DESC", "limit": 1}
    found: list[dict[str, Any]] = api.post("/artifacts/filter", json=body).raise_for_status().json()
    return found[0]


def _partner(page: Page, found: Serving, name: str, *, form: str = "") -> None:
    """What Capaci sees behind the link of its invitation, and a section of its form; the mail itself may wait for the next morning."""
    engine = connect(found.database_url)
    with reading(engine) as session:
        standing = load(session, "inclucities")
        gate = standing.gate("needs", "city-capaci")
    until = (gate.due_on or standing.programme.start_on) + timedelta(days=90)
    token = links.sign(keep_secret(found.var, {}), "act", "inclucities", gate.id, None, "capaci", Role.LEAD, until)
    engine.dispose()
    page.goto(links.address(found.desk_url, token))
    page.screenshot(path=PICTURES / f"{name}.png")
    if form:
        page.locator("a[href$='/form/context']").first.click()
        sample = yaml.safe_load((PROGRAMME / "contributions" / "needs.city-capaci.it.yaml").read_text(encoding="utf-8"))
        page.locator("#context").fill(sample["body"]["context"])
        page.locator("#status").filter(has_text=re.compile("Salvato|Saved")).wait_for()
        page.screenshot(path=PICTURES / f"{form}.png")


def _coordinators_desk(page: Page, found: Serving) -> None:
    """What waits, on the coordinator's side."""
    engine = connect(found.database_url)
    with changing(engine) as session:
        token = signing_in.link_for(session, "inclucities", keep_secret(found.var, {}), clock.now(engine))
    engine.dispose()
    page.goto(f"{found.desk_url}/sign-in/{token}")
    page.get_by_role("button").first.click()
    page.wait_for_url("**/coordinator/inclucities")
    page.screenshot(path=PICTURES / "coordinator-page.png")


def _held(page: Page, found: Serving, run: str) -> None:
    """Phase 1's run is cancelled: what Prefect says of it once the next sweep has seen it."""
    with _api(found) as api:
        cancelled = {"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
        _wait("the cancel", lambda: api.post(f"/flow_runs/{run}/set_state", json=cancelled).status_code != BUSY)
        _wait("phase 1 held", lambda: "held" in api.get(f"/flow_runs/{run}").raise_for_status().json()["tags"])
    page.goto(found.prefect_url)
    page.wait_for_url("**/dashboard**")
    page.goto(re.sub(r"/dashboard.*$", f"/runs/flow-run/{run}", page.url))
    page.get_by_text("Cancelled").first.wait_for()
    page.get_by_role("tab", name="Details").click()
    page.get_by_text("State Message").first.wait_for()
    page.wait_for_timeout(SETTLE_MS * 4)
    page.screenshot(path=PICTURES / "held-phase.png")


def _rehearsal(page: Page, folder: Path) -> None:
    from tasks.rehearsal_folder import rehearse

    out = folder / "rehearsal"
    rehearse(PROGRAMME, out)
    for path, name in (("index.html", "rehearsal"), ("deliverables/D7.1/city-capaci/en.html", "deliverable")):
        page.goto((out / path).as_uri())
        page.screenshot(path=PICTURES / f"{name}.png")


def _shoot(page: Page, address: str, text: str, name: str) -> None:
    """A picture of a page of Prefect's, once it shows a text (a regular expression)."""
    page.goto(address)
    page.get_by_text(re.compile(text)).first.wait_for()
    page.wait_for_timeout(SETTLE_MS * 4)
    page.screenshot(path=PICTURES / f"{name}.png")


def _api(found: Serving) -> httpx.Client:
    return httpx.Client(base_url=f"{found.prefect_url}/api", timeout=30)


def _chromium() -> str:
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    raise ProgrammeError("There is no Chromium on this machine: install one, or set CHROMIUM to its path.")


def _free_port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


def _wait(what: str, ready: Callable[[], object]) -> object:
    until = time.monotonic() + PATIENCE
    while not (found := ready()):
        if time.monotonic() > until:
            raise ProgrammeError(f"{what}: not within {PATIENCE:.0f} seconds")
        time.sleep(0.3)
    return found


if __name__ == "__main__":
    sys.exit(main())
