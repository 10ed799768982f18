"""Jira's issues, by its REST API: of the cloud (an account and its token), and of Jira Data Center (a personal token).

Version 2 of the API takes plain text as description in both. Which transitions lead where differs from project to
project, so they are asked for: one whose target is of the category "done" closes, any other opens.
"""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote, urlencode

from firebell.domain.trackers.model import LABEL, Issue, Tracker
from firebell.integrations.trackers.contract import PAGES_MAX, TrackerFailed, ask, listed, text
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.fetch import Fetch

PAGE = 50
_OVERLAP_S = 120
_DROPPED = re.compile(r"won.?t|declin|reject|cancel|not planned|obsolete|abandon", re.IGNORECASE)
_FIELDS = ["status", "description"]


class Jira:
    def __init__(self, tracker: Tracker, token: str, fetch: Fetch) -> None:
        self._fetch = fetch
        self._site = tracker.url
        self._project = tracker.project
        self._type = tracker.issue_type or "Task"
        self._in_cloud = bool(tracker.account)
        pair = base64.b64encode(f"{tracker.account}:{token}".encode()).decode()
        self._headers = {"authorization": f"Basic {pair}" if self._in_cloud else f"Bearer {token}"}

    def check(self) -> None:
        found = self._ask("GET", f"/project/{quote(self._project)}")
        names = [text(one, "name") for one in listed(found, "issueTypes")]
        if names and self._type not in names:
            raise TrackerFailed(f"The project has no issues of type {self._type}; it has {', '.join(names[:10])}.")

    def create(self, title: str, body: str) -> Issue:
        fields = {
            "project": {"key": self._project}, "issuetype": {"name": self._type}, "summary": title,
            "description": body, "labels": [LABEL],
        }  # fmt: skip
        key = text(self._ask("POST", "/issue", {"fields": fields}), "key")
        return Issue(key=_checked(key), url=self._url(key), is_open=True, body=body)

    def find(self, marker: str, since: Instant) -> Issue | None:
        return next((one for one in self.changed(since) if marker in one.body), None)

    def rewrite(self, key: str, title: str, body: str) -> None:
        self._ask("PUT", f"/issue/{_checked(key)}", {"fields": {"summary": title, "description": body}})

    def close(self, key: str, *, dropped: bool) -> None:
        ways = [one for one in self._transitions(key) if _category(one) == "done"]
        fitting = [one for one in ways if bool(_DROPPED.search(_names(one))) is dropped]
        self._go(key, fitting or ways, "done")

    def open(self, key: str) -> None:
        ways = [one for one in self._transitions(key) if _category(one) != "done"]
        # To be done rather than in progress: nobody has begun anew.
        self._go(key, sorted(ways, key=lambda one: _category(one) != "new"), "open")

    def say(self, key: str, text: str) -> None:
        self._ask("POST", f"/issue/{_checked(key)}/comment", {"body": text})

    def changed(self, since: Instant) -> list[Issue]:
        since_ms = micros(plus(since, -_OVERLAP_S)) // 1000
        # A number is milliseconds since 1970: a written date would be read in the zone of the token's account.
        jql = f'project = "{self._project}" AND labels = "{LABEL}" AND updated >= {since_ms} ORDER BY updated ASC'
        found: list[Issue] = []
        token, start = "", 0
        for _ in range(PAGES_MAX):
            asked: dict[str, Any] = {"jql": jql, "fields": _FIELDS, "maxResults": PAGE}
            if self._in_cloud:
                answer = self._ask("POST", "/search/jql", {**asked, "nextPageToken": token} if token else asked)
            else:
                answer = self._ask("POST", "/search", {**asked, "startAt": start})
            issues = listed(answer, "issues")
            found += [self._issue(one) for one in issues]
            token, start = text(answer, "nextPageToken"), start + len(issues)
            if not issues or (self._in_cloud and not token):
                break
            if not self._in_cloud and start >= int(text(answer, "total") or 0):
                break
        return found

    def comments(self, key: str) -> list[str]:
        asked = urlencode({"orderBy": "-created", "maxResults": 100})
        found = listed(self._ask("GET", f"/issue/{_checked(key)}/comment?{asked}"), "comments")
        return [text(one, "body") for one in sorted(found, key=lambda one: text(one, "created"))]

    # ---- inside

    def _transitions(self, key: str) -> list[dict[str, Any]]:
        return listed(self._ask("GET", f"/issue/{_checked(key)}/transitions"), "transitions")

    def _go(self, key: str, ways: list[dict[str, Any]], where: str) -> None:
        if not ways:
            raise TrackerFailed(f"{key} has no transition that makes it {where} from where it is.", this_one=True)
        self._ask("POST", f"/issue/{_checked(key)}/transitions", {"transition": {"id": text(ways[0], "id")}})

    def _issue(self, found: dict[str, Any]) -> Issue:
        key = _checked(text(found, "key"))
        fields = found.get("fields")
        is_open = text(fields, "status", "statusCategory", "key") != "done"
        return Issue(key=key, url=self._url(key), is_open=is_open, body=text(fields, "description"))

    def _url(self, key: str) -> str:
        return f"{self._site}/browse/{key}"

    def _ask(self, method: str, path: str, given: object = None) -> Any:
        return ask(self._fetch, "Jira", method, f"{self._site}/rest/api/2{path}", self._headers, given)[0]


def _checked(key: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*-\d{1,12}", key):
        raise TrackerFailed("Jira answered with something that is not an issue.")
    return key


def _category(transition: dict[str, Any]) -> str:
    return text(transition, "to", "statusCategory", "key")


def _names(transition: dict[str, Any]) -> str:
    return f"{text(transition, 'name')} {text(transition, 'to', 'name')}"
