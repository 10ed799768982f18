"""A private incident does not exist for others: not in any list, count, search, journal, stream or number of theirs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from firebell.app import circle_of
from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.services import queries as services
from firebell.domain.slo.gate import Change
from firebell.entrypoints.live import Live
from firebell.workflows import gate_asked, incident_declared, incident_moves, runbook_worked
from tests.entrypoints.api.conftest import Api

SECRET = "An insider copied the customer table"


@pytest.fixture
def private(api: Api) -> str:
    """Ben declares it in private, works on it, and pages Max about nothing."""
    declare = Declaration(title=SECRET, private=True, security=True, labels={"host": "db-1"})
    one = api.story.run(lambda work: incident_declared.declare(work, declare), api.story.actor("ben"))
    for verb in (verbs.TakeCommand(), verbs.AddNote(text="the copy went to 198.51.100.7")):
        api.story.run(lambda work, said=verb: incident_moves.act(work, one.id, said), api.story.actor("ben"))
    api.story.settle()
    return str(one.id)


def everything_one_can_read(api: Api, who: str) -> str:
    """Every GET of the API without a place in its path, as one text."""
    document = api.client.get("/api/openapi.json").json()
    found = []
    for path, item in document["paths"].items():
        if "get" in item and "{" not in path and "backup" not in path:
            answer = api.call(who, "GET", path)
            found.append(answer.text)
    return "\n".join(found)


@pytest.mark.parametrize("who", ["vic", "max", "payments"])
def test_nothing_that_can_be_read_speaks_of_it(api: Api, private: str, who: str) -> None:
    read = everything_one_can_read(api, who)
    assert SECRET not in read
    assert private not in read
    assert "198.51.100.7" not in read


def test_whoever_may_see_private_ones_finds_it_everywhere(api: Api, private: str) -> None:
    assert private in everything_one_can_read(api, "root"), "the test above looks at the right places"


def test_every_address_of_it_is_answered_as_if_it_were_not_there(api: Api, private: str) -> None:
    document = api.client.get("/api/openapi.json").json()
    never = "inc_" + "0" * 18
    bodies: dict[str, Any] = {
        "act": {"verb": "take_command"}, "phase": {"verb": "engage"}, "severity": {"to": "SEV1"},
        "merge": {"into": "INC-1"}, "reopen": {"reason": "it is back again"},
    }  # fmt: skip
    for path, item in document["paths"].items():
        if "{incident}" not in path or path.count("{") > 1:
            continue
        for method in item:
            body = bodies.get(path.rpartition(":")[2]) if ":" in path else None
            theirs, nothing = (
                api.call("vic", method.upper(), path.replace("{incident}", key), body) for key in (private, never)
            )
            assert (theirs.status_code, theirs.text.replace(private, "")) == (
                nothing.status_code, nothing.text.replace(never, ""),
            ), (method, path)  # fmt: skip


def test_its_number_is_no_way_in(api: Api, private: str) -> None:
    for key in ("1", "INC-1"):
        assert api.call("vic", "GET", f"/incidents/{key}").status_code == 404


def test_the_gate_that_was_told_of_it_tells_nobody(api: Api, private: str) -> None:
    def ask(work: Any) -> Any:
        service = services.service(work, api.story.services["checkout"])
        return gate_asked.ask(work, service, change=Change.FIX, incident="INC-1").answer

    theirs, ours = (api.story.run(ask, api.story.actor(who)) for who in ("vic", "ben"))
    assert theirs == ours
    facts = {
        who: [one["data"]["incident"] for one in api.ok(who, "GET", "/journal?limit=50")["items"]
              if one["kind"] == "gate.answered"]
        for who in ("max", "root")
    }  # fmt: skip
    assert sorted(facts["root"]) == sorted(["INC-1", private])
    assert facts["max"] == ["INC-1"], "what somebody typed who knows of none"


def test_its_live_topics_are_for_its_circle_alone(api: Api, private: str) -> None:
    runner = api.story.house.runner
    live = Live(lambda incident_id: circle_of(runner, incident_id))

    async def heard(who: str, events: int, *, sees_private: bool = False) -> list[str]:
        stream = live.events(who, sees_private=sees_private)
        await anext(stream)
        await asyncio.to_thread(live.committed, frozenset({private, "incidents"}), False)
        await asyncio.to_thread(live.committed, frozenset({"end"}), False)
        return sorted([(await anext(stream)).splitlines()[1].removeprefix("data: ") for _ in range(events)])

    ben, vic = (f"user:{api.story.users[name]}" for name in ("ben", "vic"))
    assert asyncio.run(heard(vic, 2)) == ["end", "incidents"]
    assert asyncio.run(heard(ben, 3)) == ["end", private, "incidents"]
    assert asyncio.run(heard("token:tok_1", 3, sees_private=True)) == ["end", private, "incidents"]


def test_a_run_of_a_runbook_for_it_is_as_private(api: Api, private: str) -> None:
    body = {"name": "insider", "title": "Insider", "body": "- [ ] Look"}
    api.ok("root", "POST", "/runbooks", body)
    run = api.story.run(lambda work: runbook_worked.start(work, "insider", incident_id=private), api.story.actor("ben"))
    assert api.call("max", "GET", f"/runbook-runs/{run.id}").status_code == 404
    assert api.ok("max", "GET", "/runbooks/insider/runs") == []
    assert json.dumps(api.ok("root", "GET", "/runbooks/insider/runs")).count(run.id) >= 1


def test_what_is_tied_to_it_does_not_speak_of_it_to_others(api: Api, private: str) -> None:
    body = {"title": "Checkout fails"}
    related, merged = (api.ok("ben", "POST", "/incidents", body)["id"] for _ in range(2))
    api.ok("root", "POST", f"/incidents/{related}:act", {"verb": "relate", "other": private})
    api.ok("root", "POST", f"/incidents/{merged}:act", {"verb": "mark_duplicate", "of": private})
    for one in (related, merged):
        for path in ("", "/timeline", "/brief", "/state.txt"):
            assert private not in api.call("vic", "GET", f"/incidents/{one}{path}").text, path
            told = api.call("root", "GET", f"/incidents/{one}{path}").text
            assert path in ("/brief", "/state.txt") or private in told, path
