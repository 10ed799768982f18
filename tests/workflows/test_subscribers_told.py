"""One update is one message to each subscriber, in batches, whatever happens between them; maintenance tells itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from firebell.domain.outbox.store import posts
from firebell.domain.statuspage import commands, maintenance, maintenance_queries, queries, subscriber_lists
from firebell.domain.statuspage import subscriber_store as rows
from firebell.domain.statuspage.maintenance_model import Every, Recurrence
from firebell.domain.statuspage.subscriber_lists import Row
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import plus
from firebell.workflows import maintenance_due, status_published, subscribers_told
from tests.fakes.smtp_sink import SmtpSink
from tests.story import Story, open_story

MANY = 1_230
HOUR = 3600


def page_with(story: Story, many: int) -> str:
    """A page with two components; every other subscriber is for the first one only."""

    def make(work: Any) -> str:
        page_id = commands.create_page(work, slug="acme", name="Acme")
        commands.add_component(work, page_id, name="Search")
        commands.add_component(work, page_id, name="Checkout")
        return str(page_id)

    page_id: str = story.run(make)
    mailboxes = [Row(n, f"p{n}@example.com", ("Search",) if n % 2 else ()) for n in range(many)]
    for start in range(0, many, subscriber_lists.CHUNK):
        part = mailboxes[start : start + subscriber_lists.CHUNK]
        story.run(lambda work, part=part: subscriber_lists.add_rows(work, page_id, part, confirmed=True))
    return page_id


def component(story: Story, page_id: str, name: str) -> Any:
    found = story.house.runner.read(lambda read: queries.components(read, page_id), SYSTEM)
    return next(one for one in found if one.name == name)


def queued(story: Story) -> int:
    return int(story.house.runner.read(lambda read: read.scalar(select(func.count()).select_from(posts))))


def say(story: Story, page_id: str, name: str) -> None:
    story.run(
        lambda work: status_published.post(
            work, page_id, name="Slow", status="investigating", body="We know.",
            components={component(story, page_id, name).id: "partial_outage"},
        )
    )  # fmt: skip


@pytest.mark.parametrize(("name", "told"), [("Search", MANY), ("Checkout", (MANY + 1) // 2)])
def test_each_in_whose_scope_it_is_gets_one_post_in_batches(story: Story, name: str, told: int) -> None:
    page_id = page_with(story, MANY)
    say(story, page_id, name)
    seen = [queued(story)]
    while story.run(subscribers_told.spread):
        seen.append(queued(story))
    assert seen[0] == 0, "nothing is written with the update but one row"
    assert seen[-1] == told
    assert all(later - before <= 500 for before, later in pairwise(seen))
    assert len(seen) == 1 + MANY // 500 + 1
    facts = story.house.runner.read(lambda read: [e for e in read.history(page_id) if e.kind == "subscriber.told"])
    assert [fact.data["told"] for fact in facts] == [told]


def test_a_restart_in_the_middle_leaves_nobody_out_and_tells_nobody_twice(
    database_url: str, tmp_path: Any, tell: Callable[..., Story]
) -> None:
    first = open_story(database_url, tmp_path)
    page_id = page_with(first, MANY)
    say(first, page_id, "Search")
    assert first.run(subscribers_told.spread)

    def dies(work: Any) -> None:
        subscribers_told.spread(work)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(dies)
    assert queued(first) == 500
    first.house.close()

    second = tell()
    while second.run(subscribers_told.spread):
        pass
    assert queued(second) == MANY
    targets = second.house.runner.read(lambda read: read.all(select(posts.c.target_id).distinct()))
    assert len(targets) == MANY


def test_the_same_update_is_spread_once_however_often_it_is_published(story: Story) -> None:
    page_id = page_with(story, 3)
    for _ in range(3):
        story.run(
            lambda work: status_published.post(
                work, page_id, name="Slow", status="investigating", body="We know.", update_id="upd_1"
            )
        )
    while story.run(subscribers_told.spread):
        pass
    assert queued(story) == 2, "two of three are for the whole page"


def test_who_leaves_while_a_message_is_on_its_way_gets_it_no_more(story: Story) -> None:
    page_id = page_with(story, 4)
    say(story, page_id, "Search")
    while story.run(subscribers_told.spread):
        pass
    gone = story.house.runner.read(lambda read: rows.after(read, page_id, "", 1))[0]
    story.run(lambda work: subscribers_told.subscribers.end(work, gone.id, "link"))
    story.settle()
    row = story.house.runner.read(lambda read: read.one(select(posts).where(posts.c.target_id == gone.id)))
    assert row is not None
    assert row.state == "cancelled"


def test_a_page_that_was_taken_off_the_air_tells_nobody(story: Story) -> None:
    page_id = page_with(story, 4)
    say(story, page_id, "Search")
    story.run(lambda work: commands.edit_page(work, page_id, disabled=True))
    while story.run(subscribers_told.spread):
        pass
    assert queued(story) == 0


# ------------------------------------------------------------------ maintenance


def subjects(mailbox: SmtpSink, to: str = "p0@example.com") -> list[str]:
    return [str(mail.message["Subject"]).removeprefix("[Acme] ") for mail in mailbox.mails if mail.to == [to]]


def let_pass(story: Story, seconds: float) -> None:
    """Only what concerns status pages: a whole house's minutes are long."""
    end = plus(story.clock.now(), seconds)
    while True:
        due = story.house.runner.read(maintenance_queries.next_due)
        if due is None or due > end:
            break
        story.clock.set(due)
        story.settle()
    story.clock.set(end)
    story.settle()


def test_planned_work_through_time(tell: Callable[..., Story]) -> None:
    with SmtpSink() as mailbox:
        story = tell(smtp_url=mailbox.url)
        page_id = page_with(story, 1)
        search = component(story, page_id, "Search")
        begins = plus(story.clock.now(), 25 * HOUR)
        made = story.run(
            lambda work: maintenance_due.schedule(
                work, page_id, begins, plus(begins, 2 * HOUR), name="New disks", body="Search may pause.",
                component_ids=(search.id,), recurrence=Recurrence(every=Every.WEEK),
            )
        )  # fmt: skip
        story.settle()
        assert subjects(mailbox) == ["Scheduled maintenance: New disks"]

        let_pass(story, 2 * HOUR)
        assert subjects(mailbox)[1:] == ["Upcoming maintenance: New disks"]
        moved = plus(begins, HOUR)
        story.run(lambda work: maintenance_due.move_times(work, made.id, moved, plus(moved, HOUR), "The van is late."))
        story.settle()
        assert subjects(mailbox)[2:] == ["Maintenance moved: New disks"]

        let_pass(story, 24 * HOUR - 1)
        assert component(story, page_id, "Search").status == "operational"
        let_pass(story, 2)
        assert component(story, page_id, "Search").status == "under_maintenance"
        let_pass(story, HOUR)
        assert component(story, page_id, "Search").status == "operational"
        assert subjects(mailbox)[3:] == [
            "Upcoming maintenance: New disks", "Maintenance has begun: New disks",
            "Maintenance completed: New disks", "Scheduled maintenance: New disks",
        ]  # fmt: skip
        last = mailbox.mails[0].part("plain")
        assert "From 2026-01-06 10:00 to 2026-01-06 12:00 (Etc/UTC)" in last

        plans = story.house.runner.read(lambda read: maintenance.of_page(read, page_id))
        assert [str(one.state) for one in plans] == ["completed", "scheduled"]
        assert plans[1].scheduled_for == plus(begins, 7 * 86_400), "the series keeps its own rhythm"


def test_an_outage_is_neither_covered_up_nor_forgotten(story: Story) -> None:
    page_id = page_with(story, 0)
    search = component(story, page_id, "Search")
    story.run(lambda work: commands.set_component(work, search.id, "major_outage"))
    begins = plus(story.clock.now(), 60)
    story.run(
        lambda work: maintenance_due.schedule(
            work, page_id, begins, plus(begins, 600), name="x", component_ids=(search.id,)
        )
    )
    let_pass(story, 120)
    assert component(story, page_id, "Search").status == "major_outage"
    let_pass(story, 900)
    assert component(story, page_id, "Search").status == "major_outage"


def test_a_component_under_two_maintenances_is_back_with_the_last(story: Story) -> None:
    page_id = page_with(story, 0)
    search = component(story, page_id, "Search")
    for n in (600, 1200):
        begins = plus(story.clock.now(), 60)
        story.run(
            lambda work, begins=begins, n=n: maintenance_due.schedule(
                work, page_id, begins, plus(begins, n), name=f"m{n}", component_ids=(search.id,)
            )
        )
    let_pass(story, 700)
    assert component(story, page_id, "Search").status == "under_maintenance"
    let_pass(story, 700)
    assert component(story, page_id, "Search").status == "operational"


def test_one_past_its_end_is_known_to_the_consistency_checks(story: Story) -> None:
    page_id = page_with(story, 0)
    begins = plus(story.clock.now(), 60)
    made = story.run(
        lambda work: maintenance_due.schedule(work, page_id, begins, plus(begins, 600), name="x", auto_complete=False)
    )
    let_pass(story, 659)
    assert story.house.runner.read(maintenance_queries.overdue) == []
    let_pass(story, 2)
    assert [one.id for one in story.house.runner.read(maintenance_queries.overdue)] == [made.id]
