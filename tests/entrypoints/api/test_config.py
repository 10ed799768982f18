"""``/api/v1/config`` as a pipeline uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.entrypoints.web.house import served

TOKEN = "bootstrap-token-of-the-tests"
USER = "apiVersion: firebell/v1\nkind: User\nmetadata: {name: ann}\nspec: {displayName: Ann}\n"
SERVICE = (
    "apiVersion: firebell/v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  integrations:\n"
    '    - {name: am, source: alertmanager, key: "${KEY}"}\n'
    "    - {name: ev, source: generic, key: {secretFile: ev.key}}\n"
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    with (
        served(tmp_path_factory.mktemp("house"), bootstrap_token=TOKEN) as house,
        httpx2.Client(base_url=house.origin, headers={"authorization": f"Bearer {TOKEN}"}) as client,
    ):
        yield client


def body(*texts: str, **more: Any) -> dict[str, Any]:
    return {"files": [{"path": f"{n}.yaml", "text": text} for n, text in enumerate(texts)], **more}


def test_a_plan_changes_nothing_and_an_application_does(api: httpx2.Client) -> None:
    planned = api.post("/api/v1/config:plan", json=body(USER)).json()
    assert planned["changes"] == [
        {
            "verb": "created", "kind": "User", "name": "ann", "file": "0.yaml", "line": 3, "by_hand": False,
            "lines": [
                {"path": "metadata.name", "before": None, "after": "ann"},
                {"path": "spec.displayName", "before": None, "after": "Ann"},
                {"path": "spec.timeZone", "before": None, "after": "UTC"},
                {"path": "spec.role", "before": None, "after": "responder"},
            ],
        }
    ]  # fmt: skip
    assert api.get("/api/v1/config").json() == {"files": []}
    applied = api.post("/api/v1/config:apply", json=body(USER))
    assert (applied.status_code, applied.json()) == (200, planned)
    assert api.post("/api/v1/config:apply", json=body(USER)).json()["changes"] == []
    (file,) = api.get("/api/v1/config").json()["files"]
    assert (file["path"], "displayName: Ann" in file["text"]) == ("0.yaml", True)


def test_secrets_go_in_and_never_come_out(api: httpx2.Client) -> None:
    sent = body(SERVICE, environment={"KEY": "sesame-sesame-sesame"})
    sent["files"][0]["secret_files"] = {"ev.key": "hush-hush-hush-hush\n"}
    answers = [api.post("/api/v1/config:plan", json=sent), api.post("/api/v1/config:apply", json=sent)]
    answers.append(api.get("/api/v1/config"))
    for answer in answers:
        assert answer.status_code == 200
        assert "sesame" not in answer.text
        assert "hush" not in answer.text


def test_every_fault_comes_with_its_place(api: httpx2.Client) -> None:
    answer = api.post("/api/v1/config:apply", json=body(USER, "kind: Usr\n"))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:firebell:problem:bad-config"
    assert problem["problems"][0] == {
        "file": "1.yaml", "line": 1, "path": "kind", "message": "There is no kind “Usr”.",
        "hint": "Did you mean “User”?",
    }  # fmt: skip


def test_the_servers_own_environment_is_out_of_reach(api: httpx2.Client) -> None:
    answer = api.post("/api/v1/config:plan", json=body(USER.replace("Ann}", '"${PATH}"}')))
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["message"] == "The environment has no variable PATH."


def test_unknown_keys_of_a_request_are_refused(api: httpx2.Client) -> None:
    assert api.post("/api/v1/config:plan", json=body(USER, prun=True)).status_code == 422
    assert api.post("/api/v1/config:plan", json={"files": []}).status_code == 422


@pytest.mark.parametrize(("method", "path"), [("GET", "/config"), ("POST", "/config:plan"), ("POST", "/config:apply")])
def test_nobody_in_particular_may_do_nothing(api: httpx2.Client, method: str, path: str) -> None:
    answer = api.request(method, f"/api/v1{path}", json=body(USER), headers={"authorization": ""})
    assert answer.status_code == 401
