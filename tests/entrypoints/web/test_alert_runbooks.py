"""The runbooks beside an alert: those that fit, started from there, and gone when there is nothing left to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from firebell.domain.runbooks import commands as runbooks
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Work
from tests.entrypoints.web.signed_in import Company, company
from tests.entrypoints.web.visitors import Visitor

STEPS = "Look first.\n\n- [ ] Is the queue growing? {#queue kind=check}\n- [ ] Restart the workers {#restart}\n"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("firm")) as made:
        yield made


def _written(work: Work, name: str, title: str) -> None:
    service = services.services(work)[0]
    runbooks.create(work, name=name, title=title, body=STEPS, service_ids=[service.id])


def test_one_that_fits_is_started_from_the_alert_and_shown_as_under_way(firm: Company) -> None:
    ada, ben = Visitor(firm.served, firm.ada), Visitor(firm.served, firm.ben)
    path = f"/alerts/{firm.alert('Checkout is slow', 'warning')}"
    assert "No runbook fits." in ada.see(path).text
    firm.served.house.runner.run(lambda work: _written(work, "slow", "When checkout is slow"), SYSTEM)
    seen = ada.see(path)
    assert "When checkout is slow" in seen.text
    assert "2 steps; because of" in seen.text
    start = re.search(r'action="(/runbooks/rbk_\w+/run)"', seen.html)
    assert start
    assert start[1] not in ben.see(path).html, "who only looks on starts nothing"
    run = ada.send(start[1], alert=path.removeprefix("/alerts/"))
    assert run.location.startswith("/runbook-runs/")
    assert run.location in ada.see(path).html
    assert "0 of 2 steps" in ada.see(path).text


def test_an_alert_that_is_over_shows_only_what_was_run_for_it(firm: Company) -> None:
    ada = Visitor(firm.served, firm.ada)
    path = f"/alerts/{firm.alert('Search is slow', 'warning')}"
    assert 'id="runbooks"' in ada.see(path).html
    ada.send(f"{path}/resolve")
    assert 'id="runbooks"' not in ada.see(path).html
