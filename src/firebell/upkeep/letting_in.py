"""Break-glass: whoever may run commands on this machine can let a person in when nobody can sign in any more."""

from __future__ import annotations

from firebell.domain.people import commands as people
from firebell.domain.people import queries, setup
from firebell.kernel.actor import Role
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Work
from firebell.upkeep.opening import installation


def create_user(name: str, email: str, role: str) -> str:
    """A new person; returns the address at which they choose a password (7 days). Raises Conflict, Invalid."""
    with installation() as house:
        link = house.runner.run(lambda work: setup.invite_user(work, name=name, email=email or None, role=Role(role)))
        return f"{house.settings.base_url}/invite/{link.plain}"


def reset_password(name: str) -> str:
    """An address at which a person chooses a new password (30 min); somebody switched off is switched on again."""

    def issue(work: Work) -> str:
        user = queries.user_by_name(work, name)
        if user is None:
            raise NotFound(f"There is no user {name}.", hint="firebell user list shows them.")
        if not user.active:
            people.activate_user(work, user.id)
        return setup.issue_reset(work, user.id).plain

    with installation() as house:
        return f"{house.settings.base_url}/reset/{house.runner.run(issue)}"


def setup_link() -> str:
    """The address at which the first administrator is made (1 h). Raises Conflict once there is one."""
    with installation() as house:
        return f"{house.settings.base_url}/setup/{house.runner.run(setup.issue_link)}"
