"""Connecting a chat: its form, a real test, and who is who there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.chat import commands, queries
from firebell.domain.chat.model import ChatPerson, Connection
from firebell.domain.outbox.model import OutcomeKind
from firebell.domain.people import queries as people
from firebell.entrypoints.chat import connecting
from firebell.entrypoints.chat.connecting import VENDORS, Vendor
from firebell.entrypoints.sealing import CHAT_SECRETS
from firebell.entrypoints.web import proving
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/settings/chat")


@dataclass(frozen=True, slots=True)
class ChatRow:
    vendor: Vendor
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class ChatsPage:
    rows: Sequence[ChatRow]


@dataclass(frozen=True, slots=True)
class ChatPage:
    """``kept``: secrets that are stored. ``outcome`` and ``reply``: what a test just said."""

    vendor: Vendor
    connection: Connection | None
    values: Mapping[str, str]
    kept: Sequence[str]
    people: Sequence[tuple[ChatPerson, str]]
    everybody: Sequence[tuple[str, str]]
    at: str
    error: str
    hint: str
    outcome: str
    reply: str


@router.get("")
def show_list(here: Here) -> Response:
    def look(read: Read) -> ChatsPage:
        return ChatsPage([ChatRow(one, queries.connection(read, one.slug)) for one in VENDORS.values()])

    return here.page("settings/chats.html", here.read(look), title="Chat", nav="settings")


@router.get("/{slug}")
def show(here: Here, slug: str) -> Response:
    return _show(here, slug)


def _show(
    here: Here, slug: str, *, typed: Mapping[str, str] | None = None, error: Refused | None = None,
    outcome: str = "", reply: str = "",
) -> Response:  # fmt: skip
    vendor = connecting.vendor(slug)

    def look(read: Read) -> ChatPage:
        found = queries.connection(read, slug)
        stored = found.settings if found else {}
        secret = CHAT_SECRETS[slug]
        everybody = [(str(user.id), user.display_name) for user in people.users(read)]
        called = dict(everybody)
        return ChatPage(
            vendor, found, typed or {n: str(v) for n, v in stored.items() if n not in secret},
            [name for name in secret if stored.get(name)],
            [(one, called.get(one.user_id, "somebody removed")) for one in queries.people(read, slug)], everybody,
            (error.field or "") if error else "", error.message if error else "", (error.hint or "") if error else "",
            outcome, reply,
        )  # fmt: skip

    status = error.status if error else 200
    return here.page("settings/chat.html", here.read(look), title=vendor.name, nav="settings", status=status)


@router.post("/{slug}")
def save(here: Here, slug: str, form: Form) -> Response:
    """A secret that is left empty stays as it is."""
    if away := proving.detour(here, f"/settings/chat/{slug}"):
        return away
    sealing = here.site.sealing

    def job(work: Work) -> None:
        found = queries.connection(work, slug)
        kept = sealing.open_chat(slug, found.settings) if found else {}
        values = connecting.checked(slug, form, kept)
        commands.connect(work, slug, sealing.seal_chat(slug, values), enabled="off" not in form)

    try:
        here.run(job)
    except Invalid as error:
        return _show(here, slug, typed={k: v for k, v in form.items() if k not in CHAT_SECRETS[slug]}, error=error)
    return here.go(f"/settings/chat/{slug}", Flash("Saved. Test it to see that it works."))


@router.post("/{slug}/test")
def test(here: Here, slug: str, form: Form) -> Response:
    """Ask the vendor now, with no transaction open, and show its real answer."""
    found = here.read(lambda read: queries.connection(read, slug))
    opened = here.site.sealing.open_chat(slug, found.settings) if found else {}
    answer = connecting.ask(slug, opened, here.site.settings.slack_api_url, here.site.fetch)
    works = answer.kind is OutcomeKind.SENT
    here.run(lambda work: commands.note_answer(work, slug, works, answer.reply))
    return _show(here, slug, outcome="ok" if works else "attention", reply=answer.reply)


@router.post("/{slug}/disconnect")
def disconnect(here: Here, slug: str, form: Form) -> Response:
    connecting.vendor(slug)
    here.run(lambda work: commands.disconnect(work, slug))
    return here.go("/settings/chat", Flash("Disconnected. Incidents go on without it.", "note"))


@router.post("/{slug}/people")
def link(here: Here, slug: str, form: Form) -> Response:
    """Who is who, by hand."""
    connecting.vendor(slug)
    chat_id, user_id = form.get("chat_id", "").strip(), form.get("user_id", "")

    def job(work: Work) -> None:
        work.needs(Permission.PEOPLE_EDIT)
        if not chat_id or not user_id:
            raise Invalid("Say who, there and here.", field="chat_id", hint="The id there is like U0123456789.")
        commands.link_person(work, slug, chat_id, people.user(work, user_id).id, "hand")

    try:
        here.run(job)
    except Invalid as error:
        return _show(here, slug, error=error)
    return here.go(f"/settings/chat/{slug}", Flash("Linked."))


@router.post("/{slug}/people/{chat_id}/unlink")
def unlink(here: Here, slug: str, chat_id: str, form: Form) -> Response:
    here.run(lambda work: commands.unlink_person(work, slug, chat_id))
    return here.go(f"/settings/chat/{slug}", Flash("No longer linked.", "note"))
