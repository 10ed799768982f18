"""A confirmation code goes out and is then forgotten by the ledger."""

from __future__ import annotations

import re

from sqlalchemy import text

from firebell.domain.people import queries as people
from firebell.workflows import code_sent
from tests.story import Story


def test_a_code_reaches_its_owner_and_is_in_no_row_afterwards(story: Story) -> None:
    user_id = story.person("ada", channels=("email",), verified=False)
    method = story.house.runner.read(lambda read: people.methods(read, user_id))[0]
    story.run(lambda work: code_sent.send_code(work, method.id, user_id))
    story.settle()
    sent = story.messages("verification")[-1].message
    code = re.search(r"\b\d{6}\b", sent.title + sent.body)
    assert code is not None
    rows = story.house.runner.read(lambda read: read.all(text("SELECT title, body, state FROM deliveries")))
    assert [row.state for row in rows] == ["sent"]
    assert not any(code[0] in row.title + row.body for row in rows)
