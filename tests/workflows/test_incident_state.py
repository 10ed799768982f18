"""The offline state: on disk each minute, by mail for a SEV1, an alert when it is not."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import DeclineReason, RoleName
from firebell.workflows.incident_files import replace_file
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.incident_cast import staffed


def folder(story: Story) -> Path:
    return story.house.settings.data / "state"


def file(story: Story, name: str = "INC-1.txt") -> str:
    return (folder(story) / name).read_text(encoding="utf-8")


def running(story: Story, severity: str = "SEV1") -> Room:
    room = staffed(story, files=True)
    room.declare("Checkout fails", severity, by="ann", summary="Payments time out in Europe.")
    room.act("chief", verbs.TakeCommand())
    return room


def test_command_can_go_on_from_the_file_alone(story: Story) -> None:
    room = running(story)
    room.act("chief", verbs.AssignRole(role=RoleName.COMMS, user_id=room.id_of("spokes")))
    room.act("chief", verbs.AssignTask(text="Roll back change 1742", assignee_id=room.id_of("oncall"), minutes=10))
    room.act("chief", verbs.AddCriterion(text="error ratio below 0.1 %"))
    said = file(story)
    for words in (
        "INC-1 Checkout fails", "SEV1", "responding", "Payments time out in Europe.", "Incident Commander: chief",
        "Comms Lead: spokes", "oncall: Roll back change 1742", "[ ] error ratio below 0.1 %",
        "Written 2026-01-05 09:00 UTC", "01-05 09:00 chief took command.",
    ):  # fmt: skip
        assert words in said
    assert max(len(line) for line in said.splitlines()) <= 80
    assert "Roll back change 1742" in file(story, "INC-1.html")
    assert (folder(story) / "INC-1.txt").stat().st_mode & 0o777 == 0o600


def test_it_is_written_each_minute_while_it_is_active_and_once_more_when_it_is_over(story: Story) -> None:
    room = running(story, "SEV3")
    story.run_for(minutes=3, seconds=10)
    assert "Written 2026-01-05 09:03 UTC" in file(story)
    room.act("chief", verbs.Edit(summary="It was the certificate."))
    assert "It was the certificate." in file(story)
    second = room.declare("Something else", "SEV3", by="ann")
    room.act("ann", verbs.Decline(reason=DeclineReason.FALSE_ALARM))
    assert "declined" in file(story, f"{second.reference}.txt")
    written = file(story, f"{second.reference}.txt")
    story.run_for(minutes=5)
    assert file(story, f"{second.reference}.txt") == written


def test_a_file_that_cannot_be_written_for_5_min_is_an_alert_until_it_can(story: Story) -> None:
    folder(story).write_text("in the way of the folder")
    room = running(story, "SEV3")
    story.run_for(minutes=5)
    assert story.paged() == []
    story.run_for(minutes=1)
    assert sorted(story.paged()) == ["boss", "chief"]
    assert "state file is more than 5 minutes old" in story.messages()[0].message.title
    assert room.ringing() == ["state-file"]
    folder(story).unlink()
    story.run_for(minutes=1)
    assert room.ringing() == []
    assert "Checkout fails" in file(story)
    assert room.incident().active


def test_a_restart_writes_the_files_of_what_is_active(story: Story, tell: object) -> None:
    room = running(story, "SEV3")
    (folder(story) / "INC-1.txt").unlink()
    url, clock = story.house.settings.database_url, story.clock
    story.house.close()
    again: Story = tell(clock=clock)  # type: ignore[operator]
    assert again.house.settings.database_url == url
    again.settle()
    assert "Checkout fails" in file(again)
    assert room.key


def mailed(story: Story) -> list[str]:
    query = text("SELECT target_id FROM posts WHERE outlet = 'state_mail' ORDER BY id")
    return [row.target_id for row in story.house.runner.read(lambda read: read.all(query))]


def test_a_sev1_is_mailed_each_minute_in_which_something_changed(story: Story) -> None:
    room = staffed(story, files=True)
    room.configure(mail_state_to=("crisis@example.com",))
    room.declare("Checkout fails", "SEV1", by="ann")
    before = len(mailed(story))
    assert before == 1
    story.run_for(seconds=1)
    room.act("chief", verbs.TakeCommand())
    room.act("chief", verbs.Edit(summary="Payments time out."))
    assert len(mailed(story)) == before, "not at once: once a minute"
    story.run_for(minutes=1)
    assert len(mailed(story)) == before + 1
    assert set(mailed(story)) == {"crisis@example.com"}


def test_neither_a_sev2_nor_a_private_nor_a_drilled_incident_is_mailed(story: Story) -> None:
    room = staffed(story, files=True)
    room.configure(mail_state_to=("crisis@example.com",))
    room.declare("Search is slow", "SEV2", by="ann")
    room.declare("Keys were stolen", "SEV1", by="ann", private=True)
    room.declare("Region lost", "SEV1", by="ann", drill=True)
    story.run_for(minutes=3)
    assert mailed(story) == []


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "INC-1.txt"
    replace_file(path, "one")
    replace_file(path, "two")
    assert path.read_text() == "two"
    assert [one.name for one in tmp_path.iterdir()] == ["INC-1.txt"]
