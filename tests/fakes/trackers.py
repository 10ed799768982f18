"""Two issue trackers on loopback that remember what they are told: GitHub and Jira, as far as action items need them.

They answer only what those vendors document, check the token and the headers of every request, and keep a complaint
about anything unexpected; leaving the block raises it. Time stands still until a test moves it.

    with FakeGitHub("acme/shop", "token-0123") as github:
        ...
        github.close(1, commit="ab12")
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from whenever import Instant


@dataclass(slots=True)
class FakeIssue:
    number: int
    title: str
    body: str
    labels: list[str]
    updated_at: Instant
    status: str = "open"
    reason: str | None = None
    comments: list[str] = field(default_factory=list)
    commits: list[str | None] = field(default_factory=list)
    pull_request: bool = False


Answered = tuple[int, Any]


class _Fake:
    """``now`` is the tracker's clock. ``fail_with``: what the next requests are answered with, one each.
    ``lose_next_answer``: the next change is made, and then the connection breaks. ``gone``: deleted issues."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self.now = now
        self.issues: dict[int, FakeIssue] = {}
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.fail_with: list[Answered] = []
        self.lose_next_answer = False
        self.gone: set[int] = set()
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(size)
                answer = fake._handle(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, raw)
                if answer is None:
                    self.close_connection = True
                    return
                status, found = answer
                body = b"" if found is None else json.dumps(found).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815 - names of the standard library

            def log_message(self, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        if error is None:
            assert not self.complaints, "; ".join(self.complaints)

    def _handle(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answered | None:
        with self._lock:
            self.asked.append(f"{method} {path}")
            if self.fail_with:
                return self.fail_with.pop(0)
            given = json.loads(raw) if raw else None
            answer = self._answer(method, path, headers, given)
            if answer is None:
                self.complaints.append(f"unexpected {method} {path} {given!r}")
                return 404, {"message": "Not Found"}
            if self.lose_next_answer and method != "GET":
                self.lose_next_answer = False
                return None
            return answer

    def _answer(self, method: str, path: str, headers: dict[str, str], given: Any) -> Answered | None:
        raise NotImplementedError

    def _touched(self, one: FakeIssue) -> None:
        one.updated_at = self.now()

    # ---- what people do there

    def comment(self, number: int, text: str) -> None:
        with self._lock:
            self.issues[number].comments.append(text)
            self._touched(self.issues[number])

    def _by_hand(self, number: int, status: str) -> None:
        self.issues[number].status = status
        self._touched(self.issues[number])


class FakeGitHub(_Fake):
    """``status`` of an issue is ``open`` or ``closed``."""

    def __init__(self, project: str, token: str, now: Callable[[], Instant], *, writable: bool = True) -> None:
        super().__init__(now)
        self._project = project
        self._token = token
        self._writable = writable

    def close(self, number: int, *, commit: str | None = None) -> None:
        with self._lock:
            self._by_hand(number, "closed")
            self.issues[number].commits.append(commit)

    def reopen(self, number: int) -> None:
        with self._lock:
            self._by_hand(number, "open")

    def _answer(self, method: str, path: str, headers: dict[str, str], given: Any) -> Answered | None:
        if headers.get("authorization") != f"Bearer {self._token}":
            return 401, {"message": "Bad credentials"}
        if headers.get("x-github-api-version") != "2022-11-28" or "user-agent" not in headers:
            return 403, {"message": "Request forbidden by administrative rules."}
        split = urlsplit(path)
        asked = {name: values[-1] for name, values in parse_qs(split.query).items()}
        within = split.path.removeprefix(f"/repos/{self._project}")
        if within == split.path:
            return 404, {"message": "Not Found"}
        if any(within.startswith(f"/issues/{number}") for number in self.gone):
            return 404, {"message": "Not Found"}
        if method != "GET" and not self._writable:
            return 403, {"message": "Resource not accessible by personal access token"}
        match method, within.strip("/").split("/"):
            case "GET", [""]:
                return 200, {"full_name": self._project, "has_issues": True}
            case "GET", ["issues"]:
                return self._listed(asked)
            case "POST", ["issues"]:
                if not given.get("title"):
                    return 422, {"message": "Validation Failed"}
                number = len(self.issues) + 1
                made = FakeIssue(number, given["title"], given["body"], given["labels"], self.now())
                self.issues[number] = made
                return 201, self._shown(made)
            case "PATCH", ["issues", number] if int(number) in self.issues:
                return self._patched(self.issues[int(number)], given)
            case "GET", ["issues", number, "comments"] if int(number) in self.issues:
                # Newest first, as asked for; one a second.
                found = self.issues[int(number)].comments
                return 200, [{"body": text, "created_at": f"2026-01-01T00:00:{n:02}Z"} for n, text in enumerate(found)][
                    ::-1
                ]
            case "POST", ["issues", number, "comments"] if int(number) in self.issues:
                self.issues[int(number)].comments.append(given["body"])
                self._touched(self.issues[int(number)])
                return 201, {"body": given["body"]}
            case "GET", ["issues", number, "events"] if int(number) in self.issues:
                found_commits = self.issues[int(number)].commits
                return 200, [{"event": "labeled"}, *({"event": "closed", "commit_id": c} for c in found_commits)]
        return None

    def _listed(self, asked: dict[str, str]) -> Answered | None:
        if asked.get("state") != "all" or asked.get("sort") != "updated" or asked.get("direction") != "asc":
            return None
        since = Instant.parse_iso(asked["since"])
        found = [one for one in self.issues.values() if asked["labels"] in one.labels and one.updated_at >= since]
        found = [one for one in found if one.number not in self.gone]
        found.sort(key=lambda one: one.updated_at)
        size, page = int(asked["per_page"]), int(asked["page"])
        return 200, [self._shown(one) for one in found[size * (page - 1) : size * page]]

    def _patched(self, one: FakeIssue, given: dict[str, Any]) -> Answered:
        if "state" in given and given["state"] != one.status:
            one.status, one.reason = given["state"], given.get("state_reason")
            if one.status == "closed":
                one.commits.append(None)
        one.title, one.body = given.get("title", one.title), given.get("body", one.body)
        self._touched(one)
        return 200, self._shown(one)

    def _shown(self, one: FakeIssue) -> dict[str, Any]:
        found = {
            "number": one.number, "title": one.title, "body": one.body, "state": one.status,
            "state_reason": one.reason, "html_url": f"https://github.example/{self._project}/issues/{one.number}",
            "updated_at": one.updated_at.format_iso(),
        }  # fmt: skip
        return found | ({"pull_request": {}} if one.pull_request else {})


_CATEGORIES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done", "Won't Do": "done"}


class FakeJira(_Fake):
    """``status`` of an issue is one of four; a closed one can only go back to To Do. ``account`` empty: Data Center."""

    def __init__(self, project: str, account: str, token: str, now: Callable[[], Instant]) -> None:
        super().__init__(now)
        self._project = project
        pair = base64.b64encode(f"{account}:{token}".encode()).decode()
        self._in_cloud = bool(account)
        self._wanted = f"Basic {pair}" if account else f"Bearer {token}"

    def move(self, number: int, status: str) -> None:
        with self._lock:
            self._by_hand(number, status)

    def _answer(self, method: str, path: str, headers: dict[str, str], given: Any) -> Answered | None:
        if headers.get("authorization") != self._wanted:
            return 401, {"errorMessages": ["You do not have the permission."]}
        split = urlsplit(path)
        match method, split.path.removeprefix("/rest/api/2/").split("/"):
            case "GET", ["project", key] if key == self._project:
                return 200, {"key": key, "issueTypes": [{"name": "Bug"}, {"name": "Task"}]}
            case "GET", ["project", _]:
                return 404, {"errorMessages": ["No project could be found."]}
            case "POST", ["issue"]:
                return self._created(given["fields"])
            case "PUT", ["issue", key] if (one := self._of(key)) is not None:
                one.title, one.body = given["fields"]["summary"], given["fields"]["description"]
                self._touched(one)
                return 204, None
            case "GET", ["issue", key, "transitions"] if (one := self._of(key)) is not None:
                return 200, {"transitions": self._ways(one)}
            case "POST", ["issue", key, "transitions"] if (one := self._of(key)) is not None:
                way = next((w for w in self._ways(one) if w["id"] == given["transition"]["id"]), None)
                if way is None:
                    return 400, {"errorMessages": ["It seems that you have tried an illegal workflow operation."]}
                self._by_hand(one.number, way["to"]["name"])
                return 204, None
            case "POST", ["issue", key, "comment"] if (one := self._of(key)) is not None:
                one.comments.append(given["body"])
                self._touched(one)
                return 201, {"body": given["body"]}
            case "GET", ["issue", key, "comment"] if (one := self._of(key)) is not None:
                shown = [
                    {"body": t, "created": f"2026-01-01T00:00:{n:02}.000+0000"} for n, t in enumerate(one.comments)
                ]
                return 200, {"comments": shown[::-1]}
            case "POST", ["search", "jql"] if self._in_cloud:
                return self._found(given)
            case "POST", ["search"] if not self._in_cloud:
                return self._found(given)
        return None

    def _created(self, fields: dict[str, Any]) -> Answered:
        if fields["project"]["key"] != self._project or fields["issuetype"]["name"] not in ("Bug", "Task"):
            return 400, {"errorMessages": [], "errors": {"issuetype": "Specify a valid issue type"}}
        number = len(self.issues) + 1
        made = FakeIssue(number, fields["summary"], fields["description"], fields["labels"], self.now(), "To Do")
        self.issues[number] = made
        return 201, {"id": str(10_000 + number), "key": f"{self._project}-{number}"}

    def _found(self, given: dict[str, Any]) -> Answered | None:
        shape = rf'project = "{self._project}" AND labels = "firebell" AND updated >= (\d+) ORDER BY updated ASC'
        said = re.fullmatch(shape, given["jql"])
        if said is None or "status" not in given["fields"]:
            return None
        since = Instant.from_timestamp(int(said[1]), unit="millisecond")
        found = sorted((o for o in self.issues.values() if o.updated_at >= since), key=lambda one: one.updated_at)
        start = int(given.get("nextPageToken") or given.get("startAt") or 0)
        size = min(2, int(given["maxResults"]))
        page = [self._shown(one) for one in found[start : start + size]]
        if not self._in_cloud:
            return 200, {"issues": page, "total": len(found), "startAt": start}
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return 200, {"issues": page, **more}

    def _ways(self, one: FakeIssue) -> list[dict[str, Any]]:
        names = ["To Do"] if _CATEGORIES[one.status] == "done" else ["Won't Do", "Done", "In Progress"]
        return [
            {"id": str(11 + n), "name": f"Go to {name}", "to": _status(name)}
            for n, name in enumerate(names)
            if name != one.status
        ]

    def _shown(self, one: FakeIssue) -> dict[str, Any]:
        fields = {"status": _status(one.status), "description": one.body}
        return {"key": f"{self._project}-{one.number}", "fields": fields}

    def _of(self, key: str) -> FakeIssue | None:
        return self.issues.get(int(key.rpartition("-")[2])) if key.startswith(f"{self._project}-") else None


def _status(name: str) -> dict[str, Any]:
    return {"name": name, "statusCategory": {"key": _CATEGORIES[name]}}
