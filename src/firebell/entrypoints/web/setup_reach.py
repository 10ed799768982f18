"""Set-up, second and third step: the mail server, and the administrator's own contact method, proven by a code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging.model import Message, MessageKind, Outcome, OutcomeKind
from firebell.domain.people import methods, verification
from firebell.domain.people import queries as people
from firebell.domain.people.model import ContactMethod
from firebell.domain.people.verification import Confirmation
from firebell.entrypoints.web import ledger, proving
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.ledger import Attempt
from firebell.entrypoints.web.me import Shown
from firebell.entrypoints.web.my_methods import shown_once
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.entrypoints.web.setup import Step, progress
from firebell.entrypoints.web.warnings import settings_of
from firebell.integrations.channels.contract import Channel, Field
from firebell.kernel.actor import Permission
from firebell.kernel.errors import NotFound, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import code_sent

router = APIRouter(prefix="/setup")


@dataclass(frozen=True, slots=True)
class MailPage:
    """``reply`` is what the mail server really said to the test; ``sent`` whether it took it."""

    steps: Sequence[Step]
    fields: Sequence[Field]
    values: Mapping[str, str]
    kept: Collection[str]
    to: str
    is_done: bool
    by_file: bool
    error: str = ""
    hint: str = ""
    field: str = ""
    reply: str = ""
    sent: bool = False


@dataclass(frozen=True, slots=True)
class MethodPage:
    """Either a form for ``channel``, or ``method``: the one waiting for its code, with what became of the message.

    ``shown``: a secret made just now, which no other page shows.
    """

    steps: Sequence[Step]
    channels: Sequence[Channel]
    channel: Channel
    values: Mapping[str, str]
    method: ContactMethod | None
    attempts: Sequence[Attempt]
    usable: Sequence[ContactMethod]
    error: str = ""
    hint: str = ""
    field: str = ""
    shown: Shown | None = None


@router.get("/mail")
def show_mail(here: Here) -> Response:
    return here.page("setup/mail.html", _mail(here, {}), title="Mail server")


def _mail(
    here: Browser, form: Mapping[str, str], error: Refused | None = None, outcome: Outcome | None = None
) -> MailPage:
    def look(read: Read) -> MailPage:
        read.needs(Permission.SETTINGS_EDIT)
        done = progress(here, read)
        stored = paging_queries.channel_settings(read).get("email", {})
        # Elsewhere one address may say it all, so there they are optional; this form has no field for that one.
        fields = [
            replace(f, required=f.required or f.name in ("host", "from"))
            for f in here.site.channels["email"].settings_fields
            if f.name != "url"
        ]
        kept = {name: str(value) for name, value in stored.items()}
        values = {f.name: form.get(f.name) or ("" if f.kind == "secret" else kept.get(f.name, "")) for f in fields}
        return MailPage(
            done.steps(), fields, values, kept, form.get("test_to") or here.me.email or "", done.mail,
            done.mail and not stored,
            error.message if error else "", (error.hint or "") if error else "", (error.field or "") if error else "",
            outcome.reply if outcome else "", outcome is not None and outcome.kind is OutcomeKind.SENT,
        )  # fmt: skip

    return here.read(look)


@router.post("/mail")
def save_mail(here: Here, form: Form) -> Response:
    """Try the server first, with no transaction open; keep it once it has taken a message (or when told to anyway)."""
    channel = here.site.channels["email"]
    here.read(lambda read: read.needs(Permission.SETTINGS_EDIT))
    if away := proving.detour(here, "/setup/mail"):
        return away
    try:
        checked = channel.check_settings(_with_kept(here, channel, form))
        to = channel.check({"to": form.get("test_to", "")})
    except Refused as error:
        field = "test_to" if error.field == "to" else error.field
        error.field = field
        return here.page("setup/mail.html", _mail(here, form, error), title="Mail server", status=error.status)
    message = Message(
        id="setup-test", kind=MessageKind.TEST, title="Firebell can send mail",
        body="This is the test you asked for. Pages will come from this address.", urgency="low",
    )  # fmt: skip
    outcome = channel.deliver(message, to, checked, here.site.fetch)
    if outcome.kind is not OutcomeKind.SENT and not form.get("anyway"):
        return here.page("setup/mail.html", _mail(here, form, outcome=outcome), title="Mail server", status=422)
    sealed = here.site.sealing.seal_settings("email", checked)
    here.run(lambda work: paging.configure_channel(work, "email", sealed))
    said = f"The mail server answered: {outcome.reply}"
    kind = "ok" if outcome.kind is OutcomeKind.SENT else "attention"
    return here.go("/setup/method?channel=email", Flash(said, kind))


def _with_kept(here: Browser, channel: Channel, form: Mapping[str, str]) -> dict[str, str]:
    """The form's values; a secret left empty stays what it is, as long as it goes to the same server."""
    stored = here.read(paging_queries.channel_settings).get(channel.slug, {})
    opened = here.site.sealing.open_settings(channel.slug, stored)
    same = opened.get("host", "") == form.get("host", "").strip()
    values = {f.name: form.get(f.name, "") for f in channel.settings_fields}
    for f in channel.settings_fields:
        if f.kind == "secret" and f.name != "url" and not values[f.name] and same:
            values[f.name] = str(opened.get(f.name, ""))
    return values


@router.get("/method")
def show_method(here: Here, channel: str = "") -> Response:
    return here.page("setup/method.html", _method(here, channel, {}), title="How you are reached", block="sent")


def _method(here: Browser, channel: str, form: Mapping[str, str], error: Refused | None = None) -> MethodPage:
    def look(read: Read) -> MethodPage:
        stored = paging_queries.channel_settings(read)
        able = [
            channel
            for slug, channel in here.site.channels.items()
            if channel.configured(settings_of(here.site, slug, stored.get(slug, {})))
        ]
        chosen = next((c for c in able if c.slug == channel), able[0])
        mine = people.methods(read, here.me.id)
        waiting = next((m for m in reversed(mine) if m.verified_at is None), None)
        lines = [
            line for line in paging_queries.proofs_of_method(read, here.me.id)
            if waiting is not None and line.delivery.method_id == waiting.id
        ]  # fmt: skip
        masks = {str(m.id): m.masked for m in mine}
        return MethodPage(
            progress(here, read).steps(), able, chosen, _values(here, chosen, form),
            waiting, [a for line in lines[:1] for a in ledger.attempts(line, masks, read.now, here.zone)],
            [m for m in mine if m.usable], error.message if error else "", (error.hint or "") if error else "",
            (error.field or "") if error else "",
        )  # fmt: skip

    return here.read(look)


def _values(here: Browser, channel: Channel, form: Mapping[str, str]) -> dict[str, str]:
    mine = {"email": here.me.email or ""}
    return {f.name: form.get(f.name, mine.get(f.kind, "")) for f in channel.method_fields}


@router.post("/method")
def add_method(here: Here, form: Form) -> Response:
    slug = form.get("channel", "")
    channel = here.site.channels.get(slug)
    if channel is None:
        raise NotFound("There is no such channel.")
    if away := proving.detour(here, "/setup/method"):
        return away
    try:
        given = {f.name: form.get(f.name, "") for f in channel.method_fields}
        checked = channel.check(given)

        def add(work: Work) -> None:
            taken = {m.name for m in people.methods(work, here.me.id)}
            name = next(n for n in (slug, *(f"{slug}-{i}" for i in range(2, 30))) if n not in taken)
            method_id = methods.add_method(
                work, here.me.id, name=name, channel=slug, config=checked, masked=channel.mask(checked),
                sealer=here.site.sealing,
            )  # fmt: skip
            code_sent.send_code(work, method_id, here.me.id)

        here.run(add)
    except Refused as error:
        view = _method(here, slug, form, error)
        return here.page("setup/method.html", view, title="How you are reached", status=error.status)
    if secret := shown_once(channel, given, checked):
        view = replace(_method(here, slug, {}), shown=secret)
        return here.page("setup/method.html", view, title="How you are reached")
    return here.go("/setup/method")


@router.post("/method/{method_id}/confirm")
def confirm(here: Here, method_id: str, form: Form) -> Response:
    outcome = here.run(lambda work: verification.confirm_verification(work, method_id, form.get("code", "")))
    if outcome is Confirmation.VERIFIED:
        done = here.read(lambda read: progress(here, read))
        return here.go(done.next, Flash("Firebell can reach you."))
    words = {
        Confirmation.WRONG: "That is not the code we sent.",
        Confirmation.EXPIRED: "That code has run out. Ask for a new one.",
        Confirmation.NO_TRIES_LEFT: "Too many wrong codes. Ask for a new one.",
    }
    return here.go("/setup/method", Flash(words[outcome], "attention"))


@router.post("/method/{method_id}/again")
def send_again(here: Here, method_id: str) -> Response:
    here.run(lambda work: code_sent.send_code(work, method_id, here.me.id))
    return here.go("/setup/method", Flash("A new code is on its way; earlier ones no longer count."))


@router.post("/method/{method_id}/remove")
def remove(here: Here, method_id: str) -> Response:
    if away := proving.detour(here, "/setup/method"):
        return away
    here.run(lambda work: methods.remove_method(work, method_id))
    return here.go("/setup/method")
