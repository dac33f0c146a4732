"""Every deployment of `prefect.yaml` really loads, under the name others rely on, with the parameters it promises."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint

from deployments.registering import EXPECTED, FILE
from models.method import METHOD

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]


def loaded(deployment: dict[str, Any]) -> Flow[Any, Any]:
    return load_flow_from_entrypoint(deployment["entrypoint"])


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: str(deployment["name"]))
def test_a_deployment_loads_and_is_named_after_its_flow(deployment: dict[str, Any]) -> None:
    assert loaded(deployment).name == deployment["name"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: str(deployment["name"]))
def test_a_flow_never_retries_by_itself_and_keeps_no_results(deployment: dict[str, Any]) -> None:
    flow = loaded(deployment)
    assert (flow.retries, flow.persist_result) == (0, False)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: str(deployment["name"]))
def test_the_parameters_a_deployment_sets_are_the_flows(deployment: dict[str, Any]) -> None:
    assert set(deployment.get("parameters", {})) <= set(loaded(deployment).parameters.properties)
    assert deployment["description"].strip()


def test_all_names_of_the_contract_are_deployed_once() -> None:
    assert sorted(deployment["name"] for deployment in DEPLOYMENTS) == sorted(EXPECTED)


def test_the_launch_takes_a_programme_and_a_start() -> None:
    [launch] = [deployment for deployment in DEPLOYMENTS if deployment["name"] == "launch-programme"]
    assert list(loaded(launch).parameters.properties) == ["programme", "start"]


def test_each_phase_tells_in_its_description_which_deliverables_it_brings() -> None:
    for deployment in DEPLOYMENTS:
        if deployment["name"].startswith("phase-"):
            phase = int(deployment["name"].removeprefix("phase-"))
            first = next(item.number for item in METHOD.deliverables if item.phase == phase)
            assert first in deployment["description"], deployment["name"]
