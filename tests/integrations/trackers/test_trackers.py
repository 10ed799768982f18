"""GitHub and Jira as action items need them: made, rewritten, closed, asked; and what is said when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from firebell.domain.trackers.model import LABEL, Tracker, Vendor
from firebell.integrations.trackers import tracker_of
from firebell.integrations.trackers.contract import IssueTracker, TrackerFailed
from firebell.kernel.addresses import FetchPolicy
from firebell.kernel.clock import Instant, plus
from firebell.kernel.fetch import Fetch
from tests.fakes.trackers import FakeGitHub, FakeJira

NOW = Instant.from_utc(2026, 3, 1, 12)
TOKEN = "token-0123456789"
Fake = FakeGitHub | FakeJira


@contextmanager
def talking(fake: Fake, vendor: Vendor, project: str, account: str = "", token: str = TOKEN) -> Iterator[IssueTracker]:
    one = Tracker(
        id="trk_1", vendor=vendor, name="t", url=fake.url, project=project, account=account, due_at=NOW, created_at=NOW
    )
    fetch = Fetch(FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",)))
    with fake:
        yield tracker_of(one, token, fetch)
    fetch.close()


@pytest.fixture(params=["github", "jira cloud", "jira data center"])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[Fake, IssueTracker]]:
    fake: Fake
    if request.param == "github":
        fake = FakeGitHub("acme/shop", TOKEN, lambda: NOW)
        with talking(fake, Vendor.GITHUB, "acme/shop") as client:
            yield fake, client
        return
    account = "a@example.com" if request.param == "jira cloud" else ""
    fake = FakeJira("PAY", account, TOKEN, lambda: NOW)
    with talking(fake, Vendor.JIRA, "PAY", account) as client:
        yield fake, client


def test_an_issue_is_made_rewritten_closed_opened_and_commented(both: tuple[Fake, IssueTracker]) -> None:
    fake, client = both
    client.check()
    made = client.create("Alert on lag > 30 s", "Done when: …\nfirebell:act_1")
    assert made.is_open
    assert made.key in ("#1", "PAY-1")
    assert made.url.startswith("http")
    assert fake.issues[1].labels == [LABEL]
    client.rewrite(made.key, "Alert on lag > 60 s", "anew\nfirebell:act_1")
    assert (fake.issues[1].title, fake.issues[1].body) == ("Alert on lag > 60 s", "anew\nfirebell:act_1")
    client.close(made.key, dropped=False)
    assert fake.issues[1].status in ("closed", "Done")
    client.open(made.key)
    assert fake.issues[1].status in ("open", "To Do")
    client.close(made.key, dropped=True)
    assert (fake.issues[1].status, fake.issues[1].reason) in (("closed", "not_planned"), ("Won't Do", None))
    client.say(made.key, "first")
    client.say(made.key, "second")
    assert client.comments(made.key) == ["first", "second"]
    (seen,) = client.changed(NOW)
    assert (seen.key, seen.is_open, seen.body) == (made.key, False, "anew\nfirebell:act_1")


def test_changes_are_read_page_by_page_and_only_since_then(both: tuple[Fake, IssueTracker]) -> None:
    fake, client = both
    for n in range(1, 6):
        client.create(f"{n}", f"firebell:act_{n}")
    fake.issues[1].updated_at = plus(NOW, -3600)
    found = client.changed(NOW)
    assert {one.body for one in found} == {f"firebell:act_{n}" for n in range(2, 6)}
    again = client.find("firebell:act_4", NOW)
    assert again is not None
    assert again.key.endswith("4")
    assert client.find("firebell:act_1", NOW) is None


def test_github_says_which_commit_closed_an_issue_and_counts_no_pull_requests() -> None:
    fake = FakeGitHub("acme/shop", TOKEN, lambda: NOW)
    with talking(fake, Vendor.GITHUB, "acme/shop") as client:
        for n in range(3):
            client.create(str(n), "x")
        fake.close(1, commit="c0ffee")
        fake.close(2)
        fake.issues[3].pull_request = True
        seen = {one.key: one.closed_by for one in client.changed(NOW)}
    assert seen == {"#1": "https://github.example/acme/shop/commit/c0ffee", "#2": ""}


@pytest.mark.parametrize(
    ("status", "body", "words", "this_one"),
    [
        (401, {"message": "Bad credentials"}, "the token is wrong or has expired; Bad credentials", False),
        (403, {"message": "no"}, "the token may not do this", False),
        (404, {}, "no such project or issue", True),
        (410, {"message": "gone"}, "deleted", True),
        (422, {"message": "Validation Failed"}, "422: Validation Failed", True),
        (429, None, "asked too often", False),
        (503, {"errorMessages": ["down", "for now"]}, "503: down; for now", False),
        (400, {"errors": {"summary": "too long"}}, "summary: too long", True),
    ],
)
def test_a_refusal_is_said_in_words_and_tells_one_issue_from_all(
    both: tuple[Fake, IssueTracker], status: int, body: object, words: str, this_one: bool
) -> None:
    fake, client = both
    fake.fail_with.append((status, body))
    with pytest.raises(TrackerFailed, match=words) as failed:
        client.create("a", "b")
    assert failed.value.this_one is this_one
    assert TOKEN not in failed.value.message


def test_a_wrong_token_a_wrong_project_and_a_lost_answer() -> None:
    with (
        talking(FakeGitHub("acme/shop", TOKEN, lambda: NOW), Vendor.GITHUB, "acme/shop", token="wrong-token") as client,
        pytest.raises(TrackerFailed, match="the token is wrong"),
    ):
        client.check()
    other = FakeJira("PAY", "", TOKEN, lambda: NOW)
    with talking(other, Vendor.JIRA, "SHOP") as client, pytest.raises(TrackerFailed, match="No project"):
        client.check()
    fake = FakeGitHub("acme/shop", TOKEN, lambda: NOW)
    with talking(fake, Vendor.GITHUB, "acme/shop") as client:
        fake.lose_next_answer = True
        with pytest.raises(TrackerFailed):
            client.create("a", "firebell:act_1")
        found = client.find("firebell:act_1", NOW)
        assert found is not None
        assert found.key == "#1"


@pytest.mark.parametrize("reply", [[], {"number": "x"}, {"number": 1, "html_url": "javascript:1"}, "text", 7])
def test_an_answer_that_is_no_issue_is_a_failure(reply: object) -> None:
    fake = FakeGitHub("acme/shop", TOKEN, lambda: NOW)
    with talking(fake, Vendor.GITHUB, "acme/shop") as client:
        fake.fail_with.append((201, reply))
        with pytest.raises(TrackerFailed, match="not an issue"):
            client.create("a", "b")
