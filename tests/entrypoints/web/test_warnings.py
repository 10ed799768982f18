"""The bar above every page: what keeps Firebell from paging is said, with the place where it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firebell.app import House, open_house, site_for
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.oncall import commands as oncall
from firebell.domain.oncall.config import parse_layers
from firebell.domain.people import commands as people
from firebell.domain.people import methods
from firebell.domain.people import queries as people_queries
from firebell.entrypoints.live import Live
from firebell.entrypoints.web.warnings import Warnings
from firebell.kernel.clock import SetClock
from firebell.kernel.ids import UserId
from firebell.settings import Settings
from firebell.workflows import code_sent
from firebell.workflows.laws import Breach
from tests.databases import free_port


class Bar:
    """What one person sees."""

    def __init__(self, data: Path, smtp_url: str = "") -> None:
        self.clock = SetClock()
        settings = Settings(data=data, database_url=f"sqlite:///{data / 'firebell.db'}", smtp_url=smtp_url)  # type: ignore[call-arg]
        self.house: House = open_house(settings, clock=self.clock, inline=True)
        self.warnings = Warnings(site_for(self.house, Live()))
        self.ada: UserId = self.house.runner.run(lambda work: people.create_user(work, name="ada"))
        self.house.worker.breaches = []

    def said(self) -> list[str]:
        return [b.text for b in self.warnings.of(self.ada, self.clock.now(), "UTC")]

    def reach(self, user: UserId, *, channel: str = "ntfy", to: str = "https://ntfy.sh/topic") -> None:
        self.house.runner.run(
            lambda work: methods.add_method(
                work, user, name=channel, channel=channel, config={"to": to}, masked="…", trusted=True
            )
        )

    def name_fallback(self) -> None:
        def name(work: object) -> None:
            escalation.set_fallback(work, [Target(TargetKind.USER, self.ada)])  # type: ignore[arg-type]
            work.publish("settings")  # type: ignore[attr-defined]

        self.house.runner.run(name)


@pytest.fixture
def bar(tmp_path: Path) -> Iterator[Bar]:
    made = Bar(tmp_path)
    yield made
    made.house.close()


def test_without_a_method_and_a_fallback_nobody_can_be_paged(bar: Bar) -> None:
    assert bar.said() == [
        "Firebell cannot page anybody: no contact method is verified.",
        "Nobody is told when an escalation reaches no one.",
    ]


def test_when_everything_is_mended_the_bar_is_gone_at_once(bar: Bar) -> None:
    bar.said()
    bar.reach(bar.ada)
    bar.name_fallback()
    assert bar.said() == []


def test_mail_addresses_are_no_use_without_a_mail_server(bar: Bar) -> None:
    bar.name_fallback()
    bar.reach(bar.ada, channel="email", to="ada@example.com")
    assert "E-mail cannot be sent: no mail server is set up." in bar.said()


def test_one_who_cannot_be_paged_is_told_so_when_others_can(bar: Bar) -> None:
    bar.name_fallback()
    ben = bar.house.runner.run(lambda work: people.create_user(work, name="ben"))
    bar.reach(ben)
    assert bar.said() == ["You cannot be paged: none of your contact methods is verified."]


def test_a_gap_is_announced_fourteen_days_ahead_and_shouted_when_it_begins(bar: Bar) -> None:
    bar.reach(bar.ada)
    bar.name_fallback()
    layer = {
        "name": "week", "endsAt": "2026-01-15T09:00:00Z",
        "rotation": {"every": "1w", "handoff": "Mon 09:00", "start": "2026-01-05", "participants": ["ada"]},
    }  # fmt: skip
    layers = parse_layers({"timeZone": "UTC", "layers": [layer]}, {"ada": bar.ada})
    bar.house.runner.run(lambda work: oncall.create_schedule(work, name="rota", zone="UTC", layers=layers))
    ahead = bar.warnings.of(bar.ada, bar.clock.now(), "UTC")
    assert [(b.kind, b.fix_label) for b in ahead] == [("notice", "Fill the gap")]
    assert ahead[0].text.startswith("Nobody is on call in rota in 10 d, Thu 15 Jan, 09:00 UTC")
    bar.clock.advance(11 * 86_400)
    now = bar.warnings.of(bar.ada, bar.clock.now(), "UTC")
    assert [(b.kind, b.text) for b in now] == [("broken", "Nobody is on call in rota now.")]


def test_a_broken_law_of_the_house_comes_first(bar: Bar) -> None:
    bar.house.worker.breaches = [Breach("no_step_is_overdue", ("run_1",))]
    assert bar.said()[0] == "A law of the house is broken: no step is overdue."


def test_a_mail_server_that_is_away_is_said_after_the_second_attempt(tmp_path: Path) -> None:
    bar = Bar(tmp_path, f"smtp://127.0.0.1:{free_port()}?from=firebell@example.com")
    bar.name_fallback()
    bar.reach(bar.ada, channel="email", to="ada@example.com")
    method = bar.house.runner.read(lambda read: people_queries.methods(read, bar.ada))[0]
    bar.house.runner.run(lambda work: code_sent.send_test(work, method.id, bar.ada))
    bar.house.worker.tick()
    bar.clock.advance(16)
    assert bar.said() == []
    bar.house.worker.tick()
    bar.clock.advance(11)
    (said,) = bar.said()
    assert said.startswith("Nothing has gone out by E-mail since")
    assert "2 attempts" in said
    bar.clock.advance(1800)
    assert bar.said() == []
    bar.house.close()
