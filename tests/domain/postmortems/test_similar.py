"""Likeness with its parts, and what repeated likeness comes to."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from firebell.domain.postmortems import similar, verdict
from firebell.domain.postmortems.similar import Alike, Signature
from firebell.domain.postmortems.verdict import Incident, OpenAction, Paging, Repeat, Rule, Verdict
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
DAY = 86_400


def signature(id: str, words: str = "", **fields: object) -> Signature:  # noqa: A002
    return Signature(**{"id": id, "at": NOW, "words": similar.masked(words), **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("service", "one", "other", "cosine", "trigger", "expected", "suggested"),
    [
        (1.0, {"config", "review_gap"}, {"config", "test_gap"}, 0.20, True, 0.60, True),
        (0.5, {"config", "review_gap"}, {"config"}, 0.15, False, 0.3625, False),
        (0.0, {"config"}, {"config"}, 0.30, True, 0.475, True),
        (1.0, set(), set(), 0.0, False, 0.35, False),
    ],
)
def test_every_row_of_the_table(
    service: float, one: set[str], other: set[str], cosine: float, trigger: bool, expected: float, suggested: bool
) -> None:
    factors = similar.jaccard(frozenset(one), frozenset(other))
    total = similar.score(service, factors, cosine, trigger=trigger)
    assert total == pytest.approx(expected, abs=1e-9)
    assert (total >= similar.THRESHOLD) is suggested


def test_the_cosine_of_the_table() -> None:
    documents = (
        signature("inc_1", "certificate expired payment gateway"),
        signature("inc_2", "expired certificate blocked login"),
        signature("inc_3", "disk full database"),
    )
    found = similar.compare(documents[0], "inc_2", similar.index(documents))
    assert found is not None
    assert found.text == pytest.approx(0.3664, abs=5e-5)
    assert found.shared_words == ("certificate", "expired")


def test_the_parts_are_shown_and_the_best_come_first() -> None:
    past = similar.index(
        (
            signature("inc_1", "queue full", service_ids=frozenset({"a"}), factors=frozenset({"config"})),
            signature("inc_2", "queue full", service_ids=frozenset({"b"}), factors=frozenset({"config", "code"})),
            signature(
                "inc_3", "queue full", service_ids=frozenset({"c"}), factors=frozenset({"config"}), trigger="decay"
            ),
            signature("inc_4", "certificate expired", service_ids=frozenset({"a"})),
        ),
        depends={"a": frozenset({"b"})},
    )
    asked = signature(
        "inc_9", "queue full", service_ids=frozenset({"a"}), factors=frozenset({"config"}), trigger="decay"
    )
    found = similar.find(asked, past)
    assert [one.id for one in found] == ["inc_1", "inc_3", "inc_2"]
    assert found[0].reasons == ("same service", "factors in common: config", "words in common: full, queue")
    assert found[2].service == 0.5
    assert found[2].reasons[0] == "words in common: full, queue"


def test_private_incidents_are_seen_by_members_only_and_nothing_is_like_itself() -> None:
    same: dict[str, Any] = {"service_ids": frozenset({"a"}), "factors": frozenset({"config"})}
    past = similar.index((signature("inc_1", "x", **same, private=True), signature("inc_2", "x", **same)))
    assert [one.id for one in similar.find(signature("inc_2", "x", **same), past)] == []
    assert [one.id for one in similar.find(signature("inc_9", "x", **same), past)] == ["inc_2"]
    everyone = similar.find(signature("inc_9", "x", **same), past, may_see=lambda _: True)
    assert [one.id for one in everyone] == ["inc_1", "inc_2"]


def test_seen_before_looks_back_a_year_and_never_ahead() -> None:
    same: dict[str, Any] = {"service_ids": frozenset({"a"}), "factors": frozenset({"config"})}
    past = similar.index(
        (
            signature("inc_1", **same, at=plus(NOW, -365 * DAY)),
            signature("inc_2", **same, at=plus(NOW, -365 * DAY - 1)),
            signature("inc_3", **same, at=plus(NOW, 1)),
            signature("inc_4", **same, at=plus(NOW, -31 * DAY)),
        )
    )
    asked = signature("inc_9", **same)
    assert {one.id for one in similar.find(asked, past)} == {"inc_1", "inc_4"}
    assert [similar.recurred(asked, past, days) for days in (30, 90, 180, 365)] == [0, 1, 1, 2]


def test_five_at_most() -> None:
    same: dict[str, Any] = {"service_ids": frozenset({"a"}), "factors": frozenset({"config"})}
    past = similar.index(signature(f"inc_{n}", **same) for n in range(9))
    assert len(similar.find(signature("inc_99", **same), past)) == 5


@pytest.mark.parametrize(
    "text",
    [
        "Maria Rossi and checkout on db-prod-3 at 10.0.0.1 on 2026-03-02 in March",
        "https://grafana.example.com/d/7 gw1.example.com payments-7f9c4 42 % 10:20 maria@example.com Blue Heron",
        "it was the and of a I x",
    ],
)
def test_people_services_hosts_codenames_addresses_numbers_and_dates_are_masked(text: str) -> None:
    assert similar.masked(text, frozenset({"Maria Rossi", "checkout", "Blue Heron"})) == ()


def test_masking_keeps_what_happened() -> None:
    assert similar.masked("The certificate of the gateway EXPIRED on 2 March") == ("certificate", "gateway", "expired")


def test_an_empty_index_and_an_empty_text_are_alike_to_nothing() -> None:
    assert similar.find(signature("inc_1"), similar.index(())) == ()
    assert similar.find(signature("inc_1"), similar.index((signature("inc_2"),))) == ()


# ------------------------------------------------------------------ the verdict


def incident(id: str = "inc_9", **fields: object) -> Incident:  # noqa: A002
    given = {"id": id, "at": NOW, "service_ids": frozenset({"a"}), "factors": frozenset({"config"})}
    return Incident(**given | fields)  # type: ignore[arg-type]


def held(*others: Incident, this: Incident | None = None, **more: object) -> set[Rule]:
    return {one.rule for one in verdict.findings(this or incident(), others, now=NOW, **more)}  # type: ignore[arg-type]


ALIKE = Alike(id="inc_1", score=0.5, service=1, factors=0.5, text=0, trigger=0)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((), Verdict.ONE_OFF),
        ((Rule.SEEN_BEFORE,), Verdict.ONE_OFF),
        ((Rule.SEEN_BEFORE, Rule.SHARED_MECHANISM), Verdict.SYSTEMIC),
        ((Rule.ACTION_STILL_OPEN,), Verdict.SYSTEMIC),
        ((Rule.SHARED_FACTOR, Rule.SAME_ALERT_RULE), Verdict.SYSTEMIC),
        ((Rule.SAME_SERVICE_AND_FACTOR,), Verdict.SYSTEMIC),
        ((Rule.CLASS_SPENT_BUDGET,), Verdict.SYSTEMIC),
        ((Rule.SHARED_FACTOR,), Verdict.ONE_OFF),
        ((Rule.SHARED_MECHANISM,), Verdict.ONE_OFF),
        ((Rule.SAME_ALERT_RULE,), Verdict.ONE_OFF),
    ],
)
def test_what_the_rules_come_to(rules: tuple[Rule, ...], expected: Verdict) -> None:
    assert verdict.verdict(rules) is expected


def test_r1_the_same_service_and_factor_within_180_days() -> None:
    assert Rule.SAME_SERVICE_AND_FACTOR in held(incident("inc_1", at=plus(NOW, -180 * DAY)))
    assert Rule.SAME_SERVICE_AND_FACTOR not in held(incident("inc_1", at=plus(NOW, -181 * DAY)))
    assert Rule.SAME_SERVICE_AND_FACTOR not in held(incident("inc_1", factors=frozenset({"code"})))
    assert Rule.SAME_SERVICE_AND_FACTOR not in held(incident("inc_1", service_ids=frozenset({"b"})))


def test_r2_alike_within_a_year() -> None:
    other = {"service_ids": frozenset({"z"}), "factors": frozenset({"code"})}
    assert held(incident("inc_1", at=plus(NOW, -300 * DAY), **other), alike=(ALIKE,)) == {Rule.SEEN_BEFORE}
    assert held(incident("inc_1", at=plus(NOW, -366 * DAY), **other), alike=(ALIKE,)) == set()


def test_r3_a_class_spends_a_fifth_of_the_quarter_and_a_single_incident_never_does() -> None:
    assert held(this=incident(budget_share=Fraction(230, 1000))) == set()
    other = incident("inc_1", service_ids=frozenset({"b"}), budget_share=Fraction(120, 1000))
    assert Rule.CLASS_SPENT_BUDGET in held(other, this=incident(budget_share=Fraction(81, 1000)))
    assert Rule.CLASS_SPENT_BUDGET not in held(other, this=incident(budget_share=Fraction(80, 1000)))
    shares = [incident(f"inc_{n}", budget_share=Fraction("0.06667")) for n in (1, 2)]
    assert Rule.CLASS_SPENT_BUDGET in held(*shares, this=incident(budget_share=Fraction("0.06667")))
    found = verdict.findings(incident(budget_share=Fraction("0.09")), [other], now=NOW)
    assert [(one.evidence, "21 %" in one.words) for one in found] == [(("inc_9", "inc_1"), True)]
    last_quarter = incident("inc_1", at=Instant.parse_iso("2025-12-31T10:00:00Z"), budget_share=Fraction(500, 1000))
    assert Rule.CLASS_SPENT_BUDGET not in held(last_quarter, this=incident(budget_share=Fraction(100, 1000)))


def test_r4_an_open_action_counts_once_a_person_says_so() -> None:
    open_one = OpenAction(id="act_1", incident_id="inc_1", text="Add a limit")
    assert held(actions=(open_one,)) == set()
    confirmed = OpenAction(id="act_1", incident_id="inc_1", text="Add a limit", confirmed_by="usr_a")
    assert held(actions=(confirmed,)) == {Rule.ACTION_STILL_OPEN}


def test_r5_three_services_share_the_factor_in_90_days() -> None:
    two = [incident(f"inc_{n}", service_ids=frozenset({f"s{n}"})) for n in (1, 2)]
    assert held(*two) == {Rule.SHARED_FACTOR}
    assert held(two[0]) == set()
    assert held(two[0], incident("inc_2", service_ids=frozenset({"s2"}), at=plus(NOW, -91 * DAY))) == set()


def test_r6_a_shared_mechanism_is_marked_on_the_factor() -> None:
    assert held(this=incident(mechanisms=frozenset({"certificate expiry"}))) == {Rule.SHARED_MECHANISM}


def test_r7_one_rule_pages_three_times_with_the_same_resolution() -> None:
    pages = [Paging(rule="DiskFull", at=plus(NOW, -n * DAY), resolution="restart") for n in (1, 10, 30)]
    assert held(pages=pages) == {Rule.SAME_ALERT_RULE}
    assert held(pages=[*pages[:2], Paging(rule="DiskFull", at=NOW, resolution="cleanup")]) == set()
    assert held(pages=[*pages[:2], Paging(rule="DiskFull", at=plus(NOW, -31 * DAY), resolution="restart")]) == set()


def test_provisional_on_day_0_and_systemic_on_day_60() -> None:
    earlier = incident("inc_1", at=plus(NOW, -200 * DAY))
    day_0 = {one.rule for one in verdict.findings(incident(), [earlier], alike=(ALIKE,), now=NOW)}
    assert (day_0, verdict.verdict(day_0)) == ({Rule.SEEN_BEFORE}, Verdict.ONE_OFF)
    assert not verdict.settled(Verdict.ONE_OFF, NOW, plus(NOW, 60 * DAY))
    later = incident("inc_10", at=plus(NOW, 60 * DAY))
    found = verdict.findings(incident(), [earlier, later], alike=(ALIKE,), now=plus(NOW, 60 * DAY))
    assert verdict.verdict(one.rule for one in found) is Verdict.SYSTEMIC
    assert all(one.words.endswith(".") and one.evidence for one in found)
    assert verdict.settled(Verdict.ONE_OFF, NOW, plus(NOW, 90 * DAY))


@pytest.mark.parametrize(
    ("score", "committed", "done", "expected"),
    [
        (0.44, 1, 0, Repeat.NONE),
        (0.45, 1, 3, Repeat.KNOWN_UNFINISHED),
        (0.45, 0, 3, Repeat.AFTER_FIX),
        (0.45, 0, 0, Repeat.PLAIN),
    ],
)
def test_known_unfinished_and_repeat_after_fix_are_kept_apart(
    score: float, committed: int, done: int, expected: Repeat
) -> None:
    assert verdict.repeats(score, committed=committed, done=done) is expected
