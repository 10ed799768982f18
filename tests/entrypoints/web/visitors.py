"""People at plain forms, without a script: what a browser with JavaScript off sends and sees."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from firebell.domain.people import authority, signin, teams
from firebell.domain.people import commands as people
from firebell.domain.people.model import TeamRole
from firebell.kernel.actor import SYSTEM, Actor, Role
from firebell.kernel.ids import UserId
from firebell.kernel.work import Work
from tests.entrypoints.web.house import Served, served

CAST = {"ann": Role.ADMIN, "bob": Role.RESPONDER, "cyd": Role.RESPONDER, "eve": Role.VIEWER}
FULL = {"ann": "Ann Lindqvist", "bob": "Bob Okafor", "cyd": "Cyd Marchetti", "eve": "Eve Holm"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer: its status, where it leads, its HTML and the words in it."""

    status: int
    location: str
    html: str

    @property
    def text(self) -> str:
        bare = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())


class Visitor:
    """One signed-in person. ``send`` posts a form with its token and follows to the page it leads to."""

    def __init__(self, here: Served, user_id: UserId) -> None:
        entered = here.house.runner.run(lambda work: signin.enter(work, user_id, "127.0.0.1", "test"), SYSTEM)
        self.id = user_id
        self.client = httpx2.Client(
            base_url=here.origin, cookies={"fb": entered.session_token}, trust_env=False, timeout=20
        )
        self.token = html.unescape(_TOKEN.findall(self.client.get("/").text)[0])

    def see(self, path: str) -> Seen:
        answer = self.client.get(path)
        return Seen(answer.status_code, answer.headers.get("location", ""), answer.text)

    def send(self, path: str, *, referer: str = "", **fields: str | Sequence[str]) -> Seen:
        sent = {"csrf_token": self.token, **fields}
        headers = {"Referer": str(self.client.base_url).rstrip("/") + referer} if referer else {}
        answer = self.client.post(path, data=sent, headers=headers)
        location = answer.headers.get("location", "")
        if answer.status_code == 303:
            answer = self.client.get(location.partition("#")[0])
        return Seen(answer.status_code, location, answer.text)


@dataclass(frozen=True, slots=True)
class Village:
    """A house with a cast of four; ``ids`` by first name."""

    served: Served
    ids: dict[str, UserId]

    def visitor(self, name: str) -> Visitor:
        return Visitor(self.served, self.ids[name])

    def actor(self, name: str) -> Actor:
        found = self.served.house.runner.read(lambda read: authority.user_actor(read, self.ids[name]))
        assert found is not None
        return found


@contextmanager
def village(data: Path) -> Iterator[Village]:
    with served(data) as here:
        ids = here.house.runner.run(_people, SYSTEM)
        yield Village(here, ids)


def _people(work: Work) -> dict[str, UserId]:
    ids = {
        name: people.create_user(work, name=name, display_name=FULL[name], time_zone="Europe/Berlin", role=role)
        for name, role in CAST.items()
    }
    team_id = teams.create_team(work, name="payments")
    teams.set_members(work, team_id, {ids["bob"]: TeamRole.RESPONDER})
    return ids
