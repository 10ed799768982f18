"""The first five minutes: administrator, mail, how you are reached, the first integration, a page you receive.

Nothing is remembered about the way itself: which step is next follows from what exists, so it can be left and resumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertKind, AlertState
from firebell.domain.paging import queries as paging
from firebell.domain.people import passwords, setup
from firebell.domain.people import queries as people
from firebell.domain.people.setup import Purpose
from firebell.domain.services import queries as services
from firebell.entrypoints.web import sign_in
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Browser, Form, Here, Linked
from firebell.entrypoints.web.warnings import settings_of
from firebell.kernel.actor import NOBODY, Permission
from firebell.kernel.errors import Conflict, NotFound, Refused
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/setup")
STEPS = (
    ("admin", "Administrator", "/setup"),
    ("mail", "Mail server", "/setup/mail"),
    ("method", "How you are reached", "/setup/method"),
    ("integration", "First integration", "/setup/integration"),
    ("test", "A page you receive", "/setup/test"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list beside every step. ``is_done`` follows from what exists."""

    key: str
    label: str
    href: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class AdminPage:
    href: str
    values: Mapping[str, str]
    zones: Sequence[str]
    steps: Sequence[Step]
    error: str = ""
    hint: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is there already. ``tested``: a test page was sent, and answered."""

    mail: bool
    method: bool
    integration: bool
    tested: bool

    def steps(self) -> list[Step]:
        done = {"admin": True, "mail": self.mail or self.method, "method": self.method, "integration": self.integration,
                "test": self.tested}  # fmt: skip
        return [Step(key, label, href, done[key]) for key, label, href in STEPS]

    @property
    def next(self) -> str:
        """Where to go on."""
        return next((step.href for step in self.steps() if not step.is_done), "/")


def progress(here: Browser, read: Read) -> Progress:
    """How far the signed-in administrator has come."""
    stored = paging.channel_settings(read).get("email", {})
    mail = here.site.channels.get("email")
    tests = [a for a in alerts.alert_list(read, states=[*AlertState], limit=200) if a.kind == AlertKind.TEST]
    return Progress(
        mail=mail is not None and mail.configured(settings_of(here.site, "email", stored)),
        method=any(m.usable for m in people.methods(read, here.me.id)),
        integration=bool(services.integrations(read)),
        tested=any(a.state != AlertState.OPEN for a in tests),
    )


@router.get("")
def resume(here: Here) -> Response:
    here.read(lambda read: read.needs(Permission.SETTINGS_EDIT))
    return here.go(here.read(lambda read: progress(here, read)).next)


def show_admin(here: Linked, link: str) -> Response:
    """The first step, by the link from the terminal."""
    found = here.site.runner.read(lambda read: setup.link(read, link), NOBODY)
    if found is None or found[0] is not Purpose.SETUP:
        if not here.site.runner.read(setup.needs_first_admin, NOBODY):
            return here.go("/setup")
        raise NotFound("This set-up link has run out.", hint="Start Firebell again: it prints a fresh one.")
    return _admin_page(here, link, {})


def make_admin(here: Linked, link: str, form: Form) -> Response:
    """Make the first administrator and sign them in."""
    found = here.site.runner.read(lambda read: setup.link(read, link), NOBODY)
    if found is None or found[0] is not Purpose.SETUP:
        # Before anything is hashed: else every stranger could have a password hashed here as often as they like.
        return show_admin(here, link)
    name = form.get("name", "").strip().lower()
    try:
        password_hash = passwords.make_hash(form.get("password", ""), about=[name, form.get("display_name", "")])

        def make(work: Work) -> str:
            user_id = setup.create_first_admin(
                work, link, name=name, display_name=form.get("display_name", "").strip() or name,
                email=form.get("email", "").strip() or None, password_hash=password_hash,
                time_zone=form.get("time_zone", "").strip() or "UTC",
            )  # fmt: skip
            return sign_in.enter(here, work, user_id)

        session_token = here.site.runner.run(make, NOBODY)
    except (Conflict, NotFound):
        raise
    except Refused as error:
        return _admin_page(here, link, form, error)
    return sign_in.entered_at(here, here.go("/setup/mail", Flash("You are the administrator.")), session_token)


def _admin_page(here: Browser, link: str, form: Mapping[str, str], error: Refused | None = None) -> Response:
    values = {k: form.get(k, "") for k in ("name", "display_name", "email", "time_zone")}
    zones = sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/")))
    view = AdminPage(
        f"/setup/{link}", values, ["UTC", *zones], [Step(key, label, "", False) for key, label, _ in STEPS],
        error.message if error else "", (error.hint or "") if error else "",
        (error.field or "") if error else "",
    )  # fmt: skip
    return here.page("setup/admin.html", view, title="Set up Firebell", status=error.status if error else 200)


# Below the named steps, so that none of them is taken for a link.
link_router = APIRouter(prefix="/setup")
link_router.add_api_route("/{link}", show_admin, methods=["GET"])
link_router.add_api_route("/{link}", make_admin, methods=["POST"])
