"""Contributions through a signed page: the file, its faults, what comes late, twice or from somebody else."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
import yaml

from deployments.desk.security import proof
from models.contributions import Contribution
from models.database import changing, reading
from models.standing import load
from tests.deployments.desk_world import SECRET, World, body_for, copied, fields, lead, mayor, opened, play


def played(base: World, key: str, folder: Path) -> World:
    world = copied(base, folder)
    play(world, opened(key))
    return world


@pytest.fixture(scope="module")
def deciding(morning: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    return played(morning, "needs-approval", tmp_path_factory.mktemp("deciding"))


def filled(world: World, **changes: object) -> bytes:
    """A good contribution file for Cedar's needs."""
    with changing(world.engine) as session:
        standing = load(session, "orchard")
        body = body_for(standing, standing.gate("needs", "city-cedar"), "cedar", [], world.now)
    envelope = {"gate": "needs", "scope": "city-cedar", "organisation": "cedar", "language": "it", "generated": True}
    return yaml.safe_dump({**envelope, **changes, "body": body}, allow_unicode=True).encode()


def test_a_file_with_faults_is_told_line_by_line_and_shown_back_until_it_is_right(asked: World) -> None:
    token = lead(asked)
    template = asked.get(f"/a/{token}/template.yaml")
    assert "attachment" in template.headers["content-disposition"]
    answer = asked.post(f"/a/{token}", data=fields(asked, token), files={"file": ("../../my needs.yaml", template.content)})
    assert answer.status_code == 422
    assert "my needs.yaml:13: body.context: must not be empty" in answer.text
    assert "What is asked" in answer.text
    assert "gate: needs\nscope: city-cedar" in answer.text
    assert asked.bodies(asked.gate("needs", "city-cedar")) == []
    corrected = fields(asked, token, text=filled(asked).decode().replace("\n", "\r\n"), file_name="my needs.yaml")
    assert asked.post(f"/a/{token}", data=corrected).status_code == 303
    assert len(asked.bodies(asked.gate("needs", "city-cedar"))) == 1
    assert "Your contribution has arrived" in asked.get(f"/a/{token}/receipt").text
    assert asked.nudged == ["orchard"]


def test_the_same_file_once_more_is_not_kept_twice_and_another_goes_to_the_tray(asked: World) -> None:
    token = lead(asked)
    for _ in range(2):
        asked.post(f"/a/{token}", data=fields(asked, token), files={"file": ("needs.yaml", filled(asked))})
    assert len(asked.bodies(asked.gate("needs", "city-cedar"))) == 1
    late = yaml.safe_load(filled(asked))
    late["body"]["governance"] = "Said too late."
    answer = asked.post(f"/a/{token}", data=fields(asked, token), files={"file": ("needs.yaml", yaml.safe_dump(late).encode())})
    assert answer.status_code == 303
    assert "It has arrived and is kept" in asked.get(f"/a/{token}/receipt").text
    with reading(asked.engine) as session:
        states = [item.state for found in session.query(Contribution).all() for item in found.revisions]
    assert states == ["accepted", "tray"]


def test_the_file_of_another_organisation_is_refused_at_its_line(asked: World) -> None:
    token = lead(asked)
    other = filled(asked, organisation="damson", scope="city-damson")
    answer = asked.post(f"/a/{token}", data=fields(asked, token), files={"file": ("needs.yaml", other)})
    assert answer.status_code == 422
    assert "this page takes organisation &#39;cedar&#39;" in answer.text
    assert asked.bodies(asked.gate("needs", "city-damson")) == []


@pytest.mark.parametrize(
    "data", [b"", b"a: [", b"\xff\xfe\x00", b"- 1", b"<script>alert(1)</script>", b"a: &a [*a]", b"body: !!python/object:os.system x"]
)
def test_a_file_that_is_none_is_told_and_never_breaks_the_page(asked: World, data: bytes) -> None:
    token = lead(asked)
    answer = asked.post(f"/a/{token}", data=fields(asked, token), files={"file": ("needs.yaml", data)})
    assert answer.status_code == 422
    assert "<script" not in answer.text


def test_the_file_of_a_second_round_holds_the_last_answers(review: World) -> None:
    token = mayor(review)
    review.post(f"/a/{token}", data=fields(review, token, verdict="return", comment="Say more."))
    template = review.get(f"/a/{lead(review)}/template.yaml").content
    assert yaml.safe_load(template)["body"] == review.bodies(review.gate("needs", "city-cedar"))[-1]
    answer = review.post(f"/a/{lead(review)}", data=fields(review, lead(review)), files={"file": ("needs.yaml", template)})
    assert answer.status_code == 303
    assert review.gate("needs", "city-cedar").is_satisfied


def test_one_who_only_reads_cannot_contribute(asked: World) -> None:
    token = asked.token("needs", "city-cedar", "alliance", "coordinator", purpose="read")
    assert "For your information" in asked.get(f"/a/{token}").text
    answer = asked.post(f"/a/{token}", data={"proof": proof(SECRET, token)}, files={"file": ("needs.yaml", filled(asked))})
    assert answer.status_code == 409
    assert asked.bodies(asked.gate("needs", "city-cedar")) == []


def test_what_has_not_happened_yet_cannot_be_reported_on_a_page(asked: World) -> None:
    """What the running programme knows is checked here as at the command line: see `tests/models/test_known.py`."""
    token = asked.token("training", "programme", "alliance", "coordinator")
    with changing(asked.engine) as session:
        standing = load(session, "orchard")
        body = body_for(standing, standing.gate("training", "programme"), "alliance", [], asked.now)
    envelope = {"gate": "training", "scope": "programme", "organisation": "alliance", "language": "en", "generated": True}
    late = body | {"starts_on": "2031-05-05", "ends_on": "2031-05-05"}
    answer = asked.post(
        f"/a/{token}", data=fields(asked, token), files={"file": ("t.yaml", yaml.safe_dump(envelope | {"body": late}).encode())}
    )
    assert answer.status_code == 422
    assert "body.starts_on: 2031-05-05 is still to come; report it once it has taken place" in answer.text
    assert asked.bodies(asked.gate("training", "programme")) == []


def test_a_plan_of_three_hundred_actions_is_refused_and_shown_back_whole(morning: World, tmp_path: Path) -> None:
    world = played(morning, "plan-draft", tmp_path / "world")
    token = world.token("plan-draft", "city-cedar", "cedar", "project-lead")
    with changing(world.engine) as session:
        standing = load(session, "orchard")
        body = body_for(standing, standing.gate("plan-draft", "city-cedar"), "cedar", [], world.now)
    actions = body["actions"]
    assert isinstance(actions, list)
    body["actions"] = [actions[0] | {"id": f"A{number}"} for number in range(300)]
    envelope = {"gate": "plan-draft", "scope": "city-cedar", "organisation": "cedar", "language": "it", "body": body}
    file = json.dumps(envelope, ensure_ascii=False, indent=1)
    answer = world.post(f"/a/{token}", data=fields(world, token), files={"file": ("plan.yaml", file.encode())})
    assert answer.status_code == 422
    assert "body.actions: must have at most 60 items, and has 300" in answer.text
    assert file in html.unescape(answer.text)
    assert world.bodies(world.gate("plan-draft", "city-cedar")) == []
