"""Every row of the quality gate, for the public and for people inside."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firebell.domain.comms import gate
from firebell.domain.comms.gate import Looking
from firebell.domain.comms.model import Audience, Finding, Level, NewUpdate, Situation
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
GOOD = (
    "We are aware of an issue affecting Checkout. 12 % of payments in Europe fail. We are investigating. "
    "No action is needed; a workaround is paying by invoice. Next update within 30 minutes (by 10:30 UTC)."
)
AT = Situation(
    incident_id="inc_1", reference="INC-1", name="Checkout", title="Checkout", phase="responding", severity="SEV2",
    declared_at=NOW, commander_id="ic", commander_name="Ada Park", impact="Payments fail",
)  # fmt: skip


def new(audience: Audience = Audience.PUBLIC, **other: object) -> NewUpdate:
    known: dict[str, object] = {
        "audience": audience, "title": "Payments fail", "body": GOOD, "impact": "Payments fail",
        "status": "investigating", "next_update_by": plus(NOW, 1800),
    }  # fmt: skip
    return NewUpdate(**(known | other))  # type: ignore[arg-type]


def look(update: NewUpdate, **other: object) -> Looking:
    known: dict[str, object] = {
        "situation": AT, "new": update, "now": NOW, "people": ["Ada Park", "Will Ferris"],
        "services": ["payments-api", "Payments API", "checkout"], "public_names": ["Checkout"],
        "component_names": ["Checkout"],
    }  # fmt: skip
    return Looking(**(known | other))  # type: ignore[arg-type]


def found(update: NewUpdate, **other: object) -> dict[str, Level]:
    worst: dict[str, Level] = {}
    for one in reversed(gate.check(look(update, **other))):
        worst[one.check] = one.level
    return worst


def inside(body: str = GOOD, **other: object) -> NewUpdate:
    return new(Audience.INTERNAL, body=body, **({"status": "Investigating"} | other))


def test_a_good_public_update_passes_without_a_word() -> None:
    assert found(new()) == {}


def test_a_good_internal_update_passes_without_a_word() -> None:
    assert found(inside()) == {}


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.INTERNAL, Audience.EXECUTIVE])
class TestNextUpdate:
    def test_missing_it_blocks(self, audience: Audience) -> None:
        status = "investigating" if audience is Audience.PUBLIC else "Investigating"
        assert found(new(audience, next_update_by=None, status=status))["next_update"] is Level.BLOCK

    def test_a_final_update_needs_none(self, audience: Audience) -> None:
        assert "next_update" not in found(new(audience, next_update_by=None, final=True))

    def test_another_time_in_the_text_blocks(self, audience: Audience) -> None:
        assert found(new(audience, next_update_by=plus(NOW, 1200)))["next_update"] is Level.BLOCK

    def test_a_time_that_has_passed_blocks(self, audience: Audience) -> None:
        assert found(new(audience, next_update_by=NOW))["next_update"] is Level.BLOCK


@pytest.mark.parametrize(
    ("sentence", "agrees"),
    [
        ("Next update by 10:30 UTC.", True),
        ("Next update by 10:30.", True),
        ("Next update by 10:30 am UTC.", True),
        ("Next update by 11:30 CET.", True),
        ("Next update by 11:30 +01:00.", True),
        ("Next update by 05:30 EST.", True),
        ("Next update within 30 minutes.", True),
        ("Next update in 28 min.", True),
        ("The next update will come at 10:30 GMT", True),
        ("We will post again soon.", True),
        ("Errors began at 09:12 UTC. Next update by 10:30 UTC.", True),
        ("Next update by 10:45 UTC.", False),
        ("Next update by 10:30 CET.", False),
        ("Next update by 11:30 UTC.", False),
        ("Next update by 10:30 pm UTC.", False),
        ("Next update by 10:30 +01:00.", False),
        ("Next update within 60 minutes.", False),
        ("Next update within 2 hours (by 10:30 UTC).", False),
    ],
)
def test_which_times_in_a_text_agree_with_the_envelope(sentence: str, agrees: bool) -> None:
    update = new(body=f"12 % fail. {sentence} No action needed. No workaround.")
    assert ("next_update" not in found(update, zone="Europe/Berlin")) == agrees


def test_impact_blocks_outside_and_warns_inside() -> None:
    assert found(new(impact=""))["impact"] is Level.BLOCK
    assert found(inside(impact=""))["impact"] is Level.WARN


def test_of_a_first_post_the_names_of_components_suffice() -> None:
    assert "impact" not in found(new(impact=""), first=True)
    assert found(new(impact=""), first=True, component_names=[])["impact"] is Level.BLOCK


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.INTERNAL])
@pytest.mark.parametrize(
    "other",
    [
        {"eta": "12:00 UTC"},
        {"body": GOOD + " Expected to be fixed by 12:00 UTC."},
        {"body": GOOD + " Service should be restored within the hour."},
        {"body": GOOD + "\nETA: 12:00 UTC"},
    ],
)
def test_a_time_of_recovery_needs_the_commanders_consent(audience: Audience, other: dict[str, object]) -> None:
    assert found(new(audience, **other))["eta"] is Level.BLOCK
    assert "eta" not in found(new(audience, **other), by_commander=True)


@pytest.mark.parametrize("eta", ["", "unknown", "12:00 UTC"])
def test_what_the_commander_has_set_may_be_said(eta: str) -> None:
    agreed = replace(AT, eta="12:00 UTC", eta_by="ic")
    body = GOOD + " Expected to be fixed by 12:00 UTC."
    assert "eta" not in found(new(eta=eta, body=body), situation=agreed)
    assert found(new(eta="13:00 UTC"), situation=agreed)["eta"] is Level.BLOCK


def test_an_unknown_eta_is_none() -> None:
    assert "eta" not in found(inside(body="ETA: unknown. 3 % fail."))


@pytest.mark.parametrize(
    "leak",
    [
        "db-01 is down",
        "the node web-prod-3 hangs",
        "ip-10-0-0-12",
        "checkout.prod.internal",
        "api.eu.example.com answers 500",
        "payments-api is restarting",
        "the Payments API fails",
        "see PAY-1234",
        "see #4711",
        "write to ann@example.com",
        "10.1.2.3 does not answer",
        "2001:db8::1 does not answer",
    ],
)
def test_the_inside_stays_inside(leak: str) -> None:
    public = gate.check(look(new(body=f"{GOOD} Also {leak}.")))
    assert [one.level for one in public if one.check == "internals"] == [Level.BLOCK]
    assert "internals" not in found(inside(body=f"{GOOD} Also {leak}."))


@pytest.mark.parametrize(
    "harmless",
    [
        "Checkout fails for 3 % of customers",
        "UTF-8 and SHA-256 and COVID-19 are no tickets",
        "version 1.2.3 is affected",
        "at 10:12:15 it began",
        "see www.example.com",
        "e.g. payments",
        "the web and the app",
        "SEV-1 is our worst",
    ],
)
def test_what_is_no_secret_passes(harmless: str) -> None:
    assert "internals" not in found(new(body=f"{GOOD} {harmless}."))


def test_the_hosts_customers_know_may_be_named() -> None:
    update = new(body=f"{GOOD} See status.eu.example.com.")
    assert "internals" not in found(update, public_names=["Checkout", "status.eu.example.com"])


def test_a_persons_name_blocks_outside_for_good_and_warns_inside() -> None:
    (finding,) = [one for one in gate.check(look(new(body=f"{GOOD} Will Ferris is on it."))) if one.check == "person"]
    assert (finding.level, finding.overridable, finding.excerpt) == (Level.BLOCK, False, "Will Ferris")
    assert found(inside(body=f"{GOOD} will ferris is on it."))["person"] is Level.WARN


def test_a_name_that_is_a_word_counts_as_it_is_written() -> None:
    assert "person" not in found(new(body=f"{GOOD} We will post again."), people=["Will"])
    assert "person" in found(new(body=f"{GOOD} Ask Will."), people=["Will"])


def test_the_commander_in_the_internal_template_is_no_name_too_many() -> None:
    assert "person" not in found(inside(body="3 % fail.\nIncident Commander: Ada Park"))
    assert "person" in found(inside(body="3 % fail. Ada Park sleeps.\nIncident Commander: Ada Park"))


def test_a_private_incident_is_not_published_and_its_codename_stays_inside() -> None:
    private = replace(AT, private=True, codename="quiet-harbour")
    findings = gate.check(look(new(body=f"{GOOD} Quiet-Harbour goes on."), situation=private))
    assert {one.check for one in findings if one.level is Level.BLOCK and not one.overridable} == {
        "private", "codename",
    }  # fmt: skip
    assert "private" not in found(inside(), situation=private)


def test_a_cause_before_it_is_identified_warns() -> None:
    update = new(body=f"{GOOD} This is caused by a deploy.")
    assert found(update)["cause"] is Level.WARN
    assert "cause" not in found(update, situation=replace(AT, identified=True))
    assert "cause" not in found(replace(update, status="identified"))
    assert "cause" not in found(inside(body=f"{GOOD} This is caused by a deploy."))


@pytest.mark.parametrize(
    ("severity", "components", "warned"),
    [
        ("SEV1", {}, False),
        ("SEV2", {}, True),
        ("SEV1", {"cmp_1": "partial_outage"}, True),
        ("SEV2", {"cmp_1": "major_outage"}, False),
    ],
)
def test_outage_is_a_word_for_when_all_is_down(severity: str, components: dict[str, str], warned: bool) -> None:
    update = new(body=f"{GOOD} It is an outage.", components=components)
    assert ("outage" in found(update, situation=replace(AT, severity=severity))) == warned


def test_no_number_warns_everywhere_and_words_for_shares_count() -> None:
    vague = "Payments fail. No action needed, no workaround. Next update by 10:30 UTC."
    assert found(new(body=vague))["amount"] is Level.WARN
    assert found(inside(body=f"{vague} SEV2 INC-12"))["amount"] is Level.WARN
    assert "amount" not in found(new(body=f"All payments fail. {vague}"))
    assert "amount" not in found(new(body=f"A third of payments fail. {vague}"))


def test_nothing_for_the_reader_to_do_warns_and_saying_so_is_enough() -> None:
    bare = "3 % of payments fail. Next update by 10:30 UTC."
    assert {"action", "workaround"} <= found(new(body=bare)).keys()
    assert not {"action", "workaround"} & found(new(body=f"{bare} Action: none needed. Workaround: none known.")).keys()
    assert not {"action", "workaround"} & found(inside(body=bare)).keys()


PUBLIC_WORDS = ["investigating", "identified", "monitoring", "resolved"]


@pytest.mark.parametrize(
    ("phase", "agreeing"),
    [
        ("triage", {"investigating", "identified"}),
        ("responding", {"investigating", "identified"}),
        ("mitigated", {"monitoring"}),
        ("resolved", {"resolved"}),
        ("postmortem", {"resolved"}),
        ("closed", {"resolved"}),
    ],
)
@pytest.mark.parametrize("status", PUBLIC_WORDS)
def test_the_status_word_goes_with_the_phase(phase: str, agreeing: set[str], status: str) -> None:
    findings = found(new(status=status, final=True), situation=replace(AT, phase=phase))
    assert findings.get("status") == (None if status in agreeing else Level.BLOCK)


def test_inside_a_status_word_ahead_of_the_phase_only_warns() -> None:
    assert found(inside(status="Resolved"))["status"] is Level.WARN
    assert "status" not in found(inside(status="Mitigating"))


def test_a_text_that_says_resolved_while_the_status_does_not_blocks() -> None:
    assert found(new(body=f"{GOOD} The issue has been resolved."))["status"] is Level.BLOCK
    assert "status" not in found(new(body=f"{GOOD} We will say so once it is resolved."))


def test_resolved_with_a_component_that_is_down_disagrees_with_the_page() -> None:
    over = replace(AT, phase="resolved")
    update = new(status="resolved", final=True, components={"cmp_1": "major_outage"})
    assert found(update, situation=over)["status"] is Level.BLOCK
    assert "status" not in found(replace(update, components={"cmp_1": "operational"}), situation=over)


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.INTERNAL])
def test_the_last_text_again_blocks_and_almost_the_same_warns(audience: Audience) -> None:
    previous = "We are still investigating elevated errors in checkout."
    assert found(new(audience, body=previous), previous=[previous])["duplicate"] is Level.BLOCK
    close = "We're still investigating the elevated errors in checkout."
    assert found(new(audience, body=close), previous=[previous])["duplicate"] is Level.WARN
    assert "duplicate" not in found(new(audience), previous=[previous])


def test_the_third_use_of_a_sentence_warns() -> None:
    previous = ["We look into it. 5 % fail.", "We look into it. 4 % fail in Europe."]
    findings = gate.check(look(new(body="We look into it. The rollback has begun for 2 of 3 regions."),
                               previous=previous))  # fmt: skip
    assert [(one.level, one.excerpt) for one in findings if one.check == "duplicate"] == [
        (Level.WARN, "we look into it")
    ]


def test_stock_phrases_and_third_parties_warn_outside() -> None:
    update = new(body=f"{GOOD} We take your security very seriously. Cloudflare is to blame.")
    assert found(update)["phrases"] is Level.WARN
    assert found(update)["third_party"] is Level.WARN
    assert not {"phrases", "third_party"} & found(inside(body=update.body)).keys()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Payments succeed again.", False),
        ("Payments succeed again. No data was lost.", True),
        ("There was no data loss.", True),
        ("A backlog of mail is being sent.", True),
        ("Some lingering effects are possible.", True),
        ("Your data is safe.", True),
    ],
)
def test_a_resolved_post_speaks_of_data_loss_or_lingering_effects(words: str, said: bool) -> None:
    update = new(status="resolved", final=True, body=f"5 % of payments failed. {words}")
    findings = found(update, situation=replace(AT, phase="resolved"))
    assert findings.get("data_loss") == (None if said else Level.BLOCK)


def test_a_block_is_overruled_with_a_reason_except_where_it_is_not() -> None:
    findings = [
        Finding(check="internals", level=Level.BLOCK, message="…"),
        Finding(check="person", level=Level.BLOCK, message="…", overridable=False),
        Finding(check="amount", level=Level.WARN, message="…"),
    ]
    everything = {"internals": "they know that host", "person": "she is our CEO"}
    assert [one.check for one in gate.blocking(findings, everything)] == ["person"]
    assert [one.check for one in gate.blocking(findings, {"internals": "  "})] == ["internals", "person"]
    assert [one.check for one in gate.blocking(findings, {})] == ["internals", "person"]


def test_blocks_come_first() -> None:
    levels = [one.level for one in gate.check(look(new(body="Payments fail.", impact="", status="monitoring")))]
    assert levels == sorted(levels, key=lambda one: one is not Level.BLOCK)
    assert {Level.BLOCK, Level.WARN} == set(levels)
