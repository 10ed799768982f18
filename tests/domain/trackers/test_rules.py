"""What is said to trackers and heard from them: every standing of an item against every state of its issue."""

from __future__ import annotations

import pytest

from firebell.domain.trackers import rules
from firebell.domain.trackers.model import Issue, Item, Mirror, Standing, Tracker, Vendor
from firebell.domain.trackers.rules import Heard, Step
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid

NOW = Instant.from_utc(2026, 3, 1)


def item(standing: Standing = Standing.OPEN, text: str = "Alert on lag") -> Item:
    return Item(
        id="act_1", text=text, end_state="It fires", type="detect", severity="SEV2", due="2026-04-01", incident="INC-7",
        url="https://firebell.example/actions/act_1", standing=standing,
    )  # fmt: skip


def mirror(pushed: str, *, open_there: bool, key: str = "#1") -> Mirror:
    return Mirror(action_id="act_1", tracker_id="trk_1", key=key, pushed=pushed, open_there=open_there)


SAME, OLD = rules.fingerprint(item()), "0" * 16


@pytest.mark.parametrize(
    ("standing", "known", "expected"),
    [
        (Standing.OPEN, None, Step.CREATE),
        (Standing.OPEN, mirror("", open_there=True, key=""), Step.CREATE),
        (Standing.OPEN, mirror(SAME, open_there=True), Step.NOTHING),
        (Standing.OPEN, mirror(OLD, open_there=True), Step.REWRITE),
        (Standing.OPEN, mirror(SAME, open_there=False), Step.OPEN),
        (Standing.DONE, None, Step.NOTHING),
        (Standing.DONE, mirror("", open_there=True, key=""), Step.NOTHING),
        (Standing.DONE, mirror(OLD, open_there=True), Step.CLOSE),
        (Standing.DONE, mirror(OLD, open_there=False), Step.NOTHING),
        (Standing.DROPPED, None, Step.NOTHING),
        (Standing.DROPPED, mirror(SAME, open_there=True), Step.DROP),
        (Standing.DROPPED, mirror(SAME, open_there=False), Step.NOTHING),
    ],
)
def test_what_is_to_be_done_there(standing: Standing, known: Mirror | None, expected: Step) -> None:
    assert rules.step(item(standing), known) is expected


@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("evidence", ["", "https://x.example/1"])
def test_what_its_news_mean(standing: Standing, is_open: bool, evidence: str) -> None:
    heard = rules.hear(standing, Issue(key="#1", url="u", is_open=is_open), evidence)
    if standing is Standing.OPEN and not is_open:
        assert heard is (Heard.DONE if evidence else Heard.NO_EVIDENCE)
    elif standing is not Standing.OPEN and is_open:
        assert heard is Heard.CLOSE_AGAIN
    else:
        assert heard is Heard.NOTHING


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        (["Evidence: https://x.example/1"], "https://x.example/1"),
        (["**Evidence:** https://x.example/1."], "https://x.example/1"),
        (["- evidence - <https://x.example/1>"], "https://x.example/1"),
        (["Evidence: [run](https://x.example/1)"], ""),
        (["no evidence: none", "see https://x.example/1"], ""),
        (["Evidence: https://x.example/1", "Evidence: https://x.example/2"], "https://x.example/2"),
        (["Evidence: https://x.example/1", "thanks"], "https://x.example/1"),
        (["first\nEvidence: http://x.example/a?b=c#d\nlast"], "http://x.example/a?b=c#d"),
        (["Evidence: javascript:alert(1)"], ""),
        ([rules.asks_for_evidence(item())], ""),
        ([rules.body(item())], ""),
        ([], ""),
    ],
)
def test_evidence_is_a_link_on_a_line_that_says_so(comments: list[str], expected: str) -> None:
    assert rules.evidence_in(comments) == expected


def test_the_issue_says_what_was_promised_and_names_nobody() -> None:
    body = rules.body(item())
    for words in ("INC-7", "Done when: It fires", "Due: 2026-04-01", "detect", "SEV2", "/actions/act_1",
                  rules.marker("act_1")):  # fmt: skip
        assert words in body
    assert rules.title(item(text="a\n b" + "x" * 400)).startswith("a bxxx")
    assert len(rules.title(item(text="x" * 400))) == rules.TITLE_MAX
    assert rules.fingerprint(item()) != rules.fingerprint(item(text="Alert on lag, tested"))


def tracker(name: str, team_id: str | None, *, enabled: bool = True) -> Tracker:
    return Tracker(
        id=name, vendor=Vendor.GITHUB, name=name, url="https://api.github.com", project="a/b", team_id=team_id,
        enabled=enabled, due_at=NOW, created_at=NOW,
    )  # fmt: skip


def test_items_go_to_their_teams_tracker_else_to_the_one_for_all() -> None:
    shared, own, off = tracker("all", None), tracker("own", "t1"), tracker("off", "t2", enabled=False)
    found = [rules.home([shared, own, off], team) for team in ("t1", "t2", None)]
    assert found == [own, shared, shared]
    assert rules.home([own], None) is None


def test_a_tracker_that_fails_is_left_alone_for_a_minute_doubling_to_an_hour() -> None:
    assert [rules.again_in_s(n) for n in (1, 2, 3, 4, 6, 7, 99)] == [60, 120, 240, 480, 1920, 3600, 3600]


@pytest.mark.parametrize(
    ("check", "value", "vendor", "field"),
    [
        (rules.project, "shop", Vendor.GITHUB, "project"),
        (rules.project, "acme/shop/x", Vendor.GITHUB, "project"),
        (rules.project, "acme/..", Vendor.GITHUB, "project"),
        (rules.project, "pay", Vendor.JIRA, "project"),
        (rules.project, 'PAY" OR 1', Vendor.JIRA, "project"),
        (rules.account, "me", Vendor.GITHUB, "account"),
        (rules.account, "a:b", Vendor.JIRA, "account"),
        (rules.url, "", Vendor.JIRA, "url"),
        (rules.url, "ftp://x.example", Vendor.JIRA, "url"),
    ],
)
def test_bad_values_are_refused_by_field(check: object, value: str, vendor: Vendor, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(value, vendor)  # type: ignore[operator]
    assert refused.value.field == field
    assert refused.value.hint


@pytest.mark.parametrize("value", ["short", "a\nb" * 10, "ü" * 20, "x" * 501])
def test_a_token_is_ascii_and_whole(value: str) -> None:
    with pytest.raises(Invalid, match="ASCII"):
        rules.token(value)
