"""GitHub's issues, by its REST API (version 2022-11-28), of github.com and of GitHub Enterprise Server.

The token needs reading and writing of the repository's issues and nothing else. Ours carry the label ``firebell``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from firebell.domain.trackers.model import LABEL, Issue, Tracker
from firebell.integrations.trackers.contract import PAGES_MAX, TrackerFailed, ask, listed, text
from firebell.kernel.clock import Instant, plus
from firebell.kernel.fetch import Fetch

PAGE = 50
_OVERLAP_S = 60


class GitHub:
    def __init__(self, tracker: Tracker, token: str, fetch: Fetch) -> None:
        self._fetch = fetch
        self._base = f"{tracker.url}/repos/{tracker.project}"
        self._headers = {
            "accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28",
            "authorization": f"Bearer {token}",
        }  # fmt: skip

    def check(self) -> None:
        found = self._ask("GET", "")
        if isinstance(found, dict) and found.get("has_issues") is False:
            raise TrackerFailed("Issues are switched off in this repository.")

    def create(self, title: str, body: str) -> Issue:
        return _issue(self._ask("POST", "/issues", {"title": title, "body": body, "labels": [LABEL]}))

    def find(self, marker: str, since: Instant) -> Issue | None:
        return next((one for one in self.changed(since) if marker in one.body), None)

    def rewrite(self, key: str, title: str, body: str) -> None:
        self._ask("PATCH", f"/issues/{_number(key)}", {"title": title, "body": body})

    def close(self, key: str, *, dropped: bool) -> None:
        reason = "not_planned" if dropped else "completed"
        self._ask("PATCH", f"/issues/{_number(key)}", {"state": "closed", "state_reason": reason})

    def open(self, key: str) -> None:
        self._ask("PATCH", f"/issues/{_number(key)}", {"state": "open"})

    def say(self, key: str, text: str) -> None:
        self._ask("POST", f"/issues/{_number(key)}/comments", {"body": text})

    def changed(self, since: Instant) -> list[Issue]:
        found: list[Issue] = []
        for page in range(1, PAGES_MAX + 1):
            asked = urlencode({
                "state": "all", "labels": LABEL, "sort": "updated", "direction": "asc", "per_page": PAGE, "page": page,
                "since": plus(since, -_OVERLAP_S).format_iso(unit="second"),
            })  # fmt: skip
            issues = listed(self._ask("GET", f"/issues?{asked}"))
            # GitHub counts pull requests as issues.
            found += [self._closed_by(_issue(one)) for one in issues if "pull_request" not in one]
            if len(issues) < PAGE:
                break
        return found

    def comments(self, key: str) -> list[str]:
        asked = urlencode({"per_page": 100, "sort": "created", "direction": "desc"})
        found = listed(self._ask("GET", f"/issues/{_number(key)}/comments?{asked}"))
        return [text(one, "body") for one in sorted(found, key=lambda one: text(one, "created_at"))]

    def _closed_by(self, issue: Issue) -> Issue:
        """With the commit that closed it, if one did."""
        if issue.is_open:
            return issue
        events = listed(self._ask("GET", f"/issues/{_number(issue.key)}/events?per_page=100"))
        closings = [one for one in events if one.get("event") == "closed"]
        commit = text(closings[-1], "commit_id") if closings else ""
        if not commit:
            return issue
        home = issue.url.partition("/issues/")[0]
        return Issue(key=issue.key, url=issue.url, is_open=False, body=issue.body, closed_by=f"{home}/commit/{commit}")

    def _ask(self, method: str, path: str, given: object = None) -> Any:
        return ask(self._fetch, "GitHub", method, self._base + path, self._headers, given)[0]


def _issue(found: object) -> Issue:
    number, url = text(found, "number"), text(found, "html_url")
    if not number.isdecimal() or not url.startswith(("https://", "http://")):
        raise TrackerFailed("GitHub answered with something that is not an issue.")
    return Issue(key=f"#{number}", url=url, is_open=text(found, "state") == "open", body=text(found, "body"))


def _number(key: str) -> int:
    return int(key.removeprefix("#"))
