"""One's own contact methods: added by the channel's form, proven by a code through the real queue, tried, switched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.paging import queries as paging
from firebell.domain.people import methods, queries, verification
from firebell.domain.people.model import ContactMethod
from firebell.domain.people.verification import Confirmation
from firebell.entrypoints.web import ledger, proving
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.ledger import Attempt
from firebell.entrypoints.web.me import Shown, state
from firebell.entrypoints.web.session import Form, Here
from firebell.integrations.channels.contract import Channel, made_up
from firebell.kernel.errors import Conflict, Invalid, NotFound, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import code_sent

router = APIRouter(prefix="/me/methods")
CONFIRMATIONS = {
    Confirmation.WRONG: "That is not the code we sent.",
    Confirmation.EXPIRED: "That code has run out. Ask for a new one.",
    Confirmation.NO_TRIES_LEFT: "Too many wrong codes. Ask for a new one.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MethodForm:
    """``channel`` declares the fields. ``at`` is the field that ``error`` is about."""

    channel: Channel
    name: str
    values: Mapping[str, str]
    at: str = ""
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class MethodPage:
    """``attempts``: the last codes and tests with what the provider said. ``shown``: a secret made just now."""

    method: ContactMethod
    channel: str
    state: str
    attempts: Sequence[Attempt]
    error: str
    shown: Shown | None = None


@router.get("/new")
def new(here: Here, channel: str = "email") -> Response:
    if away := proving.detour(here, f"/me/methods/new?channel={channel}"):
        return away
    declared = _channel(here, channel)
    values = {f.name: here.me.email or "" if f.kind == "email" else "" for f in declared.method_fields}
    view = MethodForm(declared, _free_name(here, channel), values)
    return here.page("me/method_form.html", view, title=f"Add {declared.name}")


def _channel(here: Here, slug: str) -> Channel:
    found = here.site.channels.get(slug)
    if found is None:
        raise NotFound("There is no such channel.")
    return found


def _free_name(here: Here, slug: str) -> str:
    taken = {m.name for m in here.read(lambda read: queries.methods(read, here.me.id))}
    return next(n for n in (slug, *(f"{slug}-{i}" for i in range(2, 99))) if n not in taken)


@router.post("/new")
def add(here: Here, form: Form) -> Response:
    channel = _channel(here, form.get("channel", ""))
    if away := proving.detour(here, f"/me/methods/new?channel={channel.slug}"):
        return away
    values = {f.name: form.get(f.name, "").strip() for f in channel.method_fields}
    name = form.get("name", "").strip() or channel.slug

    def job(work: Work) -> str:
        made = methods.add_method(
            work, here.me.id, name=name, channel=channel.slug, config=checked, masked=channel.mask(checked),
            sealer=here.site.sealing,
        )  # fmt: skip
        code_sent.send_code(work, made, here.me.id)
        return made

    try:
        checked = channel.check(values)
        made = here.run(job)
    except Refused as error:
        secret = {f.name for f in channel.method_fields if f.kind == "secret"}
        shown = {name: value for name, value in values.items() if name not in secret}
        view = MethodForm(channel, name, shown, error.field or "", error.message, error.hint or "")
        return here.page("me/method_form.html", view, title=f"Add {channel.name}", status=error.status)
    if secrets := shown_once(channel, values, checked):
        return _show(here, made, "", secrets)
    return here.go(f"/me/methods/{made}", Flash("A code is on its way."))


def shown_once(channel: Channel, given: Mapping[str, str], checked: Mapping[str, str]) -> Shown | None:
    """The secret that was made because the form gave none: only the page after saving shows it."""
    labels = {f.name: f.label for f in channel.method_fields}
    found = made_up(channel, given, checked)
    return next((Shown(labels[name], secret) for name, secret in found.items()), None)


@router.get("/{method_id}")
def show(here: Here, method_id: str) -> Response:
    return _show(here, method_id, "")


def _show(here: Here, method_id: str, error: str, shown: Shown | None = None) -> Response:
    def look(read: Read) -> MethodPage:
        mine = {m.id: m for m in queries.methods(read, here.me.id)}
        method = next((m for m in mine.values() if m.id == method_id), None)
        if method is None:
            raise NotFound("There is no such contact method.")
        masks = {str(m.id): m.masked for m in mine.values()}
        lines = [one for one in paging.proofs_of_method(read, here.me.id) if one.delivery.method_id == method_id]
        channel = here.site.channels.get(method.channel)
        return MethodPage(
            method, channel.name if channel else method.channel, state(method),
            [a for line in lines[:4] for a in reversed(ledger.attempts(line, masks, read.now, here.zone))], error,
            shown,
        )  # fmt: skip

    view = here.read(look)
    title = f"{view.channel}: {view.method.name}"
    return here.page("me/method.html", view, title=title, block="" if shown else "said", status=422 if error else 200)


@router.post("/{method_id}/confirm")
def confirm(here: Here, method_id: str, form: Form) -> Response:
    # Wrong tries are counted, so the outcome is an answer and not a refusal, which would undo the count.
    outcome = here.run(lambda work: verification.confirm_verification(work, method_id, form.get("code", "")))
    if outcome is not Confirmation.VERIFIED:
        return _show(here, method_id, CONFIRMATIONS[outcome])
    return here.go("/me", Flash("Verified: Firebell can reach you there."))


@router.post("/{method_id}/{verb}")
def act(here: Here, method_id: str, verb: str) -> Response:
    """``again`` sends a new code, ``test`` a test message; ``enable``, ``disable`` and ``remove`` are what they say."""
    place = f"/me/methods/{method_id}"
    if verb in ("remove", "disable", "enable") and (away := proving.detour(here, place)):
        return away

    def job(work: Work) -> Flash:
        own = next((m for m in queries.methods(work, here.me.id) if m.id == method_id), None)
        if own is None:
            raise NotFound("There is no such contact method.")
        if verb == "again":
            code_sent.send_code(work, method_id, here.me.id)
            return Flash("A new code is on its way; earlier ones no longer count.")
        if verb == "test":
            if own.verified_at is None:
                raise Conflict("It is not verified yet.", hint="Type the code first.")
            code_sent.send_test(work, method_id, here.me.id)
            return Flash("A test is on its way. What the provider says appears below.")
        if verb == "enable":
            methods.enable_method(work, method_id)
            return Flash("Switched on.")
        if verb == "disable":
            methods.disable_method(work, method_id)
            return Flash("Switched off: nothing is sent there.", "note")
        if verb == "remove":
            methods.remove_method(work, method_id)
            return Flash("Removed, with the rules that used it.", "note")
        raise Invalid("There is no such act.", field="verb")

    said = here.run(job)
    return here.go("/me" if verb == "remove" else place, said)
