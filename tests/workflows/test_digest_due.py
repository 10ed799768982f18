"""The digest by mail, through time and to a real mail server: who gets it, when, and what is in it."""

from __future__ import annotations

from collections.abc import Callable

from firebell.domain.incidents import store as incidents
from firebell.domain.insight import commands
from firebell.domain.people import commands as people
from firebell.kernel.actor import Role
from firebell.kernel.clock import Instant
from tests import insight_samples as samples
from tests.fakes.smtp_sink import SmtpSink
from tests.story import Story


def test_a_month_is_told_on_the_first_business_morning_to_those_who_are_to_read_it(tell: Callable[..., Story]) -> None:
    with SmtpSink() as mails:
        story = tell(start="2026-01-20T09:00:00Z", smtp_url=mails.url, public_url="https://bell.example")
        story.settle()
        story.person("max", role=Role.MANAGER, zone="Europe/Berlin")
        story.person("lea", zone="America/New_York")
        story.person("ned")
        story.person("nan", role=Role.MANAGER)
        story.team("payments", members=("ned",), managers=("lea",))
        team = story.team_ids["payments"]
        checkout = story.service("checkout", team="payments")
        at = Instant.parse_iso("2026-01-12T10:00:00Z")
        told = {"team_id": team, "service_ids": (checkout,)}
        one = samples.incident(1, at, samples.plain(300, 120, 1800, 3600), **told)
        secret = samples.incident(
            2, at, samples.plain(300, 120, 1800, 3600), private=True, codename="quiet harbour", **told
        )  # fmt: skip
        drill = samples.incident(3, at, samples.plain(300, 120, 1800, 3600), kind=samples.Kind.DRILL, **told)

        def happened(work: object) -> None:
            for each in (one, secret, drill):
                incidents.add(work, each)  # type: ignore[arg-type]
            samples.written(work, one, samples.random.Random(1), story.users["lea"], at)  # type: ignore[arg-type]

        story.run(happened)
        story.run(lambda work: commands.choose(work, "all", False), story.actor("nan"))
        story.run(lambda work: commands.choose(work, team, True), story.actor("ned"))

        # The month ends in the night to Sunday: nobody is written to before their Monday morning.
        _go(story, "2026-02-02T07:59:59Z")
        assert mails.mails == []
        _go(story, "2026-02-02T08:00:01Z")
        assert [one.to for one in mails.mails] == [["max@example.com"]]
        _go(story, "2026-02-02T14:00:01Z")
        assert [one.to for one in mails.mails[1:]] == [["ned@example.com"], ["lea@example.com"]]

        letter = mails.mails[0]
        assert letter.message["Subject"] == "What we learned: January 2026"
        text, drawn = letter.part("plain"), letter.part("html")
        assert "The whole organisation" in text
        assert "Incidents: 1, in the period before 0. New postmortems: 0." in text
        assert "https://bell.example/insight/review/2026-01" in text
        assert "<script" not in drawn
        for body in (text, drawn, mails.mails[2].part("plain")):
            assert "until it was resolved: 1 h 5 min" in body
            assert "quiet" not in body
        assert "payments\n========" in mails.mails[2].part("plain")
        assert f"/insight/review/2026-01?team={team}" in mails.mails[1].part("plain")

        # A quarter is told with its last month; who is gone by then is not.
        story.run(lambda work: people.deactivate_user(work, story.users["ned"]))
        for moment in ("2026-03-01T00:00:00Z", "2026-03-02T15:00:00Z", "2026-04-01T00:00:00Z", "2026-04-01T15:00:00Z"):
            _go(story, moment)
        spring = [(one.to[0], one.message["Subject"]) for one in mails.mails[3:]]
        assert [subject for to, subject in spring if to == "max@example.com"] == [
            "What we learned: February 2026",
            "What we learned: March 2026",
            "What we learned: Quarter 1 of 2026",
        ]
        assert not any(to in ("ned@example.com", "nan@example.com") for to, _ in spring)

        # After a long rest only the newest month is told.
        before = len(mails.mails)
        _go(story, "2026-08-03T13:30:00Z")
        assert {(one.to[0], one.message["Subject"]) for one in mails.mails[before:]} == {
            ("max@example.com", "What we learned: July 2026"), ("lea@example.com", "What we learned: July 2026"),
        }  # fmt: skip


def _go(story: Story, moment: str) -> None:
    """Every line of the worker is due each few seconds, so months are not lived through: the clock is set."""
    story.clock.set(Instant.parse_iso(moment))
    story.settle()
