"""``firebell gate`` and the pipelines of the documentation, against a running server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from firebell.domain.people import authority, tokens
from firebell.domain.people import commands as people
from firebell.domain.services import commands as services
from firebell.domain.services import queries as service_queries
from firebell.domain.slo import commands, evaluations, targets, windows
from firebell.domain.slo.model import BudgetState, Indicator, Method, Slo, Source
from firebell.domain.slo.records import ObjectiveState
from firebell.entrypoints.cli.main import app
from firebell.kernel.actor import Role
from firebell.kernel.clock import plus
from tests.entrypoints.web.house import Served, served

ROOT = Path(__file__).parents[3]
TOKEN = "bootstrap-token-of-the-tests"
DOCUMENTED = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/how-to/deploy-gate.md").read_text(), re.DOTALL)


@dataclass
class Gated:
    """Three services: ``fresh`` has no objective, of ``dark`` nothing is known, and ``spent`` has no budget left."""

    house: Served
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"FIREBELL_URL": self.house.origin, "FIREBELL_TOKEN": TOKEN}

    def gate(self, *words: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["gate", *words], env=self.environment)
        return found.exit_code, found.output

    def shell(self, script: str, service: str, **variables: str) -> tuple[int, str]:
        """As a runner of pipelines would, with ``firebell`` and a ``pip`` that has nothing to do on its path."""
        given = {**os.environ, **self.environment, "PATH": f"{self.folder}:{os.environ['PATH']}", **variables}
        words = ["bash", "-e", "-c", script.replace("checkout", service)]
        found = subprocess.run(words, env=given, capture_output=True, text=True, timeout=60, check=False)
        return found.returncode, found.stdout + found.stderr


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    folder = tmp_path_factory.mktemp("path")
    for name, line in (("firebell", f'exec "{sys.executable}" -m firebell "$@"'), ("pip", "exit 0")):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    with served(tmp_path_factory.mktemp("house"), bootstrap_token=TOKEN) as house:

        def make(work: Any) -> None:
            window = windows.rolling(windows.read_length("28d", "duration"))
            for name in ("fresh", "dark", "spent"):
                service_id = services.create_service(work, name=name)
                if name == "fresh":
                    continue
                slo = Slo(
                    name=f"{name}-slo", service=name, window=window, method=Method.OCCURRENCES,
                    objectives=(targets.objective(target_percent="99.9"),), indicator=Indicator(Source.PUSHED),
                )  # fmt: skip
                record = commands.create(work, slo, service_id=service_id, team_id=None)
                if name == "spent":
                    evaluations.note_evaluated(work, [ObjectiveState(record.id, 0, BudgetState.EXHAUSTED)])

        house.house.runner.run(make)
        yield Gated(house, folder)


def test_the_answer_is_the_exit_code(gated: Gated) -> None:
    code, said = gated.gate("fresh")
    assert (code, said) == (0, "allow: deploy of fresh\n  fresh has no objective, so nothing speaks against it.\n")
    code, said = gated.gate("dark", "--change", "config")
    assert (code, said.splitlines()[0]) == (2, "warn: config of dark")
    assert "of the period of dark-slo is known" in said
    code, said = gated.gate("spent", "--sha", "0123abc")
    assert (code, said) == (3, "block: deploy of spent\n  The budget of spent-slo is exhausted.\n")
    assert gated.gate("spent", "--change", "security")[0] == 2
    code, said = gated.gate("spent", "--json")
    answer = json.loads(said)
    assert (code, answer["decision"], answer["reasons"][0]["why"]) == (3, "block", "exhausted")
    assert answer["slos"] == [{"name": "spent-slo", "state": "exhausted", "remaining": None, "coverage": 0.0}]
    assert gated.gate("nothing-of-that-name")[0] == 1
    assert gated.gate("spent", "--change", "party")[0] == 1
    journal = gated.house.house.runner.read(_gates)
    assert [one["decision"] for one in journal][:3] == ["allow", "warn", "block"]


def _gates(read: Any) -> list[Mapping[str, Any]]:
    ids = [service_queries.service_by_name(read, name).id for name in ("fresh", "dark", "spent")]
    found = [entry for service_id in ids for entry in read.history(service_id)]
    return [entry.data for entry in sorted(found, key=lambda one: one.seq) if entry.kind == "gate.answered"]


def test_the_pipelines_of_the_documentation_go_by_it(gated: Gated) -> None:
    actions, gitlab = (yaml.safe_load(text) for text in DOCUMENTED)
    script = next(step["run"] for step in actions["jobs"]["deploy"]["steps"] if "gate" in step.get("run", ""))
    code, said = gated.shell(script, "dark", GITHUB_SHA="0123abc")
    assert (code, "::warning::The error budget" in said) == (0, True), said
    code, said = gated.shell(script, "spent", GITHUB_SHA="0123abc")
    assert (code, "::error::" in said) == (1, True), said
    code, said = gated.shell(script, "unknown", GITHUB_SHA="0123abc")
    assert (code, "no answer" in said) == (0, True), said
    code, said = gated.shell("\n".join(gitlab["gate"]["script"]), "dark", CI_COMMIT_SHA="0123abc")
    assert code in gitlab["gate"]["allow_failure"]["exit_codes"], said
    code, said = gated.shell("firebell gate checkout --no-such-option", "dark")
    assert code == 1, "2 would mean a warning"


def test_only_a_person_overrides_it(gated: Gated) -> None:
    house = gated.house.house

    def person(work: Any) -> Any:
        return authority.user_actor(
            work, people.create_user(work, name="cto", email="cto@example.com", role=Role.ADMIN)
        )

    soon, late_at = (plus(house.clock.now(), hours * 3600).format_iso() for hours in (1, 100))
    body = {"service": "spent", "reason": "The fix of the year.", "sha": "feed", "expires_at": soon}
    assert _api(gated, TOKEN, "POST", "/overrides", body)[0] == 403
    cto, scopes = house.runner.run(person), ("gate.override", "slos.view", "services.view")
    token = house.runner.run(lambda work: tokens.create(work, "laptop", scopes, personal=True), cto).plain
    code, made = _api(gated, token, "POST", "/overrides", body)
    assert (code, made["by_user"], made["service"]) == (201, "cto", "spent")
    code, said = gated.gate("spent", "--sha", "feed")
    assert code == 0
    assert said.splitlines()[1].endswith("The fix of the year.")
    assert gated.gate("spent", "--sha", "other")[0] == 3
    late = {**body, "expires_at": late_at}
    assert _api(gated, token, "POST", "/overrides", late)[0] == 422
    assert [one["id"] for one in _api(gated, TOKEN, "GET", "/overrides?service=spent&live=true")[1]] == [made["id"]]
    assert _api(gated, token, "DELETE", f"/overrides/{made['id']}")[0] == 204
    assert gated.gate("spent", "--sha", "feed")[0] == 3


def _api(gated: Gated, token: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    address = f"{gated.house.origin}/api/v1/gate{path}"
    code, _, text = gated.house.request(method, address, json.dumps(body).encode() if body else b"", headers)
    return code, json.loads(text) if text else None
