"""What a valid webhook is, which events it hears of, and when it is given up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firebell.domain.webhooks.model import CHATTY, FAMILIES, INSIDE, TEST, Flavour, Webhook
from firebell.kernel.addresses import destination
from firebell.kernel.errors import Invalid
from firebell.kernel.secrets import new_webhook_secret, webhook_key
from firebell.kernel.text import printable

FAILURES_MAX = 50
BOTH_SECRETS_S = 86_400
_NAME_MAX = 100
_SECRET_MIN, _SECRET_MAX = 16, 128


def name(value: str) -> str:
    text = printable(value, one_line=True)
    if not 1 <= len(text) <= _NAME_MAX:
        raise Invalid(f"Write 1–{_NAME_MAX} characters.", field="name")
    return text


def flavour(value: str) -> Flavour:
    try:
        return Flavour(value)
    except ValueError:
        raise Invalid(f"“{value}” is no kind of webhook.", field="flavour", hint=", ".join(Flavour)) from None


def url(value: str) -> tuple[str, str]:
    """The address, and what of it may be shown. Raises ``Invalid``."""
    address = value.strip()
    read = destination(address)
    if isinstance(read, str):
        raise Invalid(f"The address cannot be used: {read}.", field="url", hint="Write https://example.com/hook.")
    return address, f"{read.scheme}://{read.host}/…"


def secret(value: str, kind: Flavour) -> str:
    """The signing secret, made if empty. Chats have none. Raises ``Invalid``."""
    given = value.strip()
    if kind in CHATTY:
        return ""
    if not given:
        return new_webhook_secret()
    if kind is Flavour.STANDARD:
        webhook_key(given)
    elif not _SECRET_MIN <= len(given) <= _SECRET_MAX or not given.isascii():
        raise Invalid(f"The secret must be {_SECRET_MIN} to {_SECRET_MAX} ASCII characters.", field="secret")
    return given


def events(values: Iterable[str]) -> tuple[str, ...]:
    """Patterns as they are kept: ``*``, ``incident.*``, ``incident.declared``; each once, in order."""
    found = sorted({value.strip() for value in values if value.strip()})
    if not found:
        raise Invalid("Choose at least one event.", field="events", hint="For example incident.* or *.")
    for one in found:
        family, dot, _ = one.partition(".")
        if one != "*" and (family not in FAMILIES or not dot):
            hint = f"*, or one of {', '.join(FAMILIES)} with .* or an event."
            raise Invalid(f"“{one[:60]}” is no event.", field="events", hint=hint)
    return ("*",) if "*" in found else tuple(found)


def may_leave(kind: str) -> bool:
    """Whether facts of this kind are told to anybody outside at all."""
    return kind.partition(".")[0] in FAMILIES and not kind.startswith(INSIDE)


def wants(patterns: Sequence[str], kind: str) -> bool:
    """Whether one of ``patterns`` covers ``kind``."""
    if kind == TEST:
        return True
    family = kind.partition(".")[0] + ".*"
    return "*" in patterns or family in patterns or kind in patterns


def hears(webhook: Webhook, kind: str, *, team_ids: Iterable[str | None], private: bool) -> bool:
    """Whether ``webhook`` is told of an event of these teams."""
    if not webhook.enabled or not wants(webhook.events, kind):
        return False
    if private and not webhook.private:
        return False
    return webhook.team_id is None or webhook.team_id in set(team_ids)


def worn_out(failures: int) -> bool:
    """Fifty failures in a row: nobody is there."""
    return failures >= FAILURES_MAX
