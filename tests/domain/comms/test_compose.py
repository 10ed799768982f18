"""What an update says when nobody has written it yet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.comms import compose, defaults
from firebell.domain.comms.model import Audience, NewUpdate, Situation, Update
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
AT = Situation(
    incident_id="inc_1", reference="INC-1", name="Checkout errors", title="Checkout errors", phase="responding",
    severity="SEV2", declared_at=NOW, commander_id="ic", commander_name="Ada Park", impact="A third of payments fail.",
)  # fmt: skip


def written(audience: Audience, at: Situation = AT, names: tuple[str, ...] = ("Checkout",), **other: object) -> str:
    new = NewUpdate(audience=audience, next_update_by=plus(NOW, 1800), **other)  # type: ignore[arg-type]
    status = new.status or compose.status_of(at, audience)
    return compose.filled(defaults.in_force({}, audience, status), at, new, names, NOW, "UTC").body


def test_the_internal_template_has_exactly_its_six_fields() -> None:
    assert written(Audience.INTERNAL) == (
        "Title: Checkout errors\nSeverity: SEV2\nImpact: A third of payments fail.\nStatus: Investigating\n"
        "ETA: unknown\nIncident Commander: Ada Park"
    )


def test_the_eta_is_unknown_until_the_commander_sets_it() -> None:
    assert "ETA: unknown" in written(Audience.INTERNAL, replace(AT, eta="noon"))
    assert "ETA: noon" in written(Audience.INTERNAL, replace(AT, eta="noon", eta_by="ic"))


def test_the_external_template_has_exactly_its_parts() -> None:
    assert written(Audience.PUBLIC) == (
        "We are aware of an issue affecting Checkout. A third of payments fail. We are investigating. "
        "Next update within 30 minutes (by 10:30 UTC)."
    )


def test_with_an_eta_there_is_one_more_sentence() -> None:
    assert written(Audience.PUBLIC, replace(AT, eta="12:00 UTC", eta_by="ic")).endswith(
        "(by 10:30 UTC). Expected to be fixed by 12:00 UTC."
    )


def test_without_an_impact_the_components_suffice() -> None:
    assert written(Audience.PUBLIC, replace(AT, impact=""), ("Checkout", "Search", "Mail")) == (
        "We are aware of an issue affecting Checkout, Search and Mail. We are investigating. "
        "Next update within 30 minutes (by 10:30 UTC)."
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("identified", "We have identified the cause."),
        ("monitoring", "A fix is in place. We are monitoring it."),
    ],
)
def test_later_phases_replace_investigating(status: str, words: str) -> None:
    text = written(Audience.PUBLIC, status=status)
    assert words in text
    assert "We are investigating" not in text
    assert "Next update within 30 minutes" in text


def test_resolved_promises_nothing_more() -> None:
    text = written(Audience.PUBLIC, replace(AT, phase="resolved", all_clear="Payments work. No data was lost."))
    assert text == (
        "The issue affecting Checkout is resolved. A third of payments fail. Payments work. No data was lost."
    )


@pytest.mark.parametrize(
    ("phase", "remediating", "identified", "internal", "public"),
    [
        ("triage", False, False, "Investigating", "investigating"),
        ("responding", False, False, "Investigating", "investigating"),
        ("responding", True, False, "Mitigating", "investigating"),
        ("responding", False, True, "Investigating", "identified"),
        ("mitigated", False, False, "Mitigating", "monitoring"),
        ("resolved", True, True, "Resolved", "resolved"),
        ("closed", True, True, "Resolved", "resolved"),
    ],
)
def test_the_status_that_goes_with_the_phase(
    phase: str, remediating: bool, identified: bool, internal: str, public: str
) -> None:
    at = replace(AT, phase=phase, remediating=remediating, identified=identified)
    assert compose.status_of(at, Audience.INTERNAL) == internal
    assert compose.status_of(at, Audience.EXECUTIVE) == internal
    assert compose.status_of(at, Audience.PUBLIC) == public


def test_outside_a_private_incident_goes_by_its_codename() -> None:
    private = replace(AT, name="quiet-harbour")
    new = NewUpdate(audience=Audience.PUBLIC)
    assert compose.filled(defaults.in_force({}, "public", "investigating"), private, new, (), NOW, "UTC").title == (
        "quiet-harbour"
    )


# ---------------------------------------------------------------- pure template text


def pure(body: str, **other: object) -> bool:
    template = defaults.in_force({}, "public", "investigating")
    new = NewUpdate(audience=Audience.PUBLIC, body=body, next_update_by=plus(NOW, 600), **other)  # type: ignore[arg-type]
    return compose.is_template(template, AT, new, ["Checkout"], NOW, "UTC")


TEMPLATE = (
    "We are aware of an issue affecting Checkout. A third of payments fail. We are investigating. "
    "Next update within {} minutes (by 10:10 UTC)."
)


def test_the_templates_own_text_is_pure_also_from_a_form_that_was_open_for_a_minute() -> None:
    assert pure(TEMPLATE.format(10))
    assert pure(TEMPLATE.format(11))
    assert pure(TEMPLATE.format(10).replace(". We", ".\n\n We"))


def test_a_word_more_is_not_and_neither_is_an_impact_the_incident_does_not_know() -> None:
    assert not pure(TEMPLATE.format(10) + " Sorry.")
    assert not pure(TEMPLATE.format(20))
    assert not pure(TEMPLATE.format(10).replace("third", "half"), impact="A half of payments fail")
    assert not pure(TEMPLATE.format(10), eta="12:00")


# ---------------------------------------------------------------- what is approved


_TEXT = st.text(max_size=5)
_WHAT = st.tuples(st.text(max_size=20), st.dictionaries(_TEXT, _TEXT, max_size=3), _TEXT)


@given(_WHAT, _WHAT)
def test_an_approval_is_for_these_words_components_and_status_only(
    one: tuple[str, dict[str, str], str], other: tuple[str, dict[str, str], str]
) -> None:
    assert (compose.sha256(*one) == compose.sha256(*other)) == (one == other)


def test_the_order_of_components_does_not_matter() -> None:
    assert compose.sha256("x", {"a": "1", "b": "2"}, "s") == compose.sha256("x", {"b": "2", "a": "1"}, "s")


# ---------------------------------------------------------------- no update is an update


def test_the_five_true_things_are_prefilled_with_what_is_known() -> None:
    at = replace(AT, ruled_out=("the database",), running=("Rolling back (since 09:40 UTC)",), joined=("Bo as comms",))
    assert [(one.kind, one.suggestion) for one in compose.prompts(at)] == [
        ("ruled_out", "the database"), ("still_doing", "Rolling back (since 09:40 UTC)"), ("joined", "Bo as comms"),
        ("workaround", ""), ("next_step", ""),
    ]  # fmt: skip


def test_they_make_sentences() -> None:
    things = {"ruled_out": "the database.", "next_step": "restart the workers"}
    assert compose.true_sentences(things) == "Ruled out: the database.\nNext step: restart the workers."


@pytest.mark.parametrize("things", [{}, {"ruled_out": "  "}, {"unheard_of": "x"}])
def test_with_nothing_new_the_text_says_exactly_that(things: dict[str, str]) -> None:
    assert compose.true_sentences(things) == "There is no new information since the last update."


def last(**other: object) -> Update:
    known: dict[str, object] = {
        "id": "upd_1", "incident_id": "inc_1", "audience": "internal", "phase": "responding", "state": "sent",
        "title": "", "body": "", "status": "Investigating", "severity": "SEV2", "impact": AT.impact, "eta": "",
        "commander_id": None, "next_update_by": None, "final": False, "components": {}, "page_id": None, "key": None,
        "automatic": False, "template_only": False, "author_id": "", "sha256": "", "overrides": {}, "event_at": NOW,
        "recorded_at": NOW,
    }  # fmt: skip
    return Update(**(known | other))  # type: ignore[arg-type]


def test_nothing_has_changed_when_status_severity_impact_and_eta_are_what_was_said() -> None:
    assert compose.nothing_changed(AT, last(), "Investigating")
    assert not compose.nothing_changed(AT, None, "Investigating")
    assert not compose.nothing_changed(AT, last(), "Mitigating")
    assert not compose.nothing_changed(AT, last(severity="SEV1"), "Investigating")
    assert not compose.nothing_changed(AT, last(impact="Less"), "Investigating")
    assert not compose.nothing_changed(replace(AT, eta="noon", eta_by="ic"), last(), "Investigating")


@given(st.integers(0, 100_000))
def test_within_never_promises_less_time_than_there_is(seconds: int) -> None:
    minutes = compose.minutes_until(NOW, plus(NOW, seconds))
    assert 0 <= minutes * 60 - seconds < 60
