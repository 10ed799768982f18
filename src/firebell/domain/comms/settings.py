"""Commands on what an installation sets for its updates: templates, who the executives are, the support hours' zone."""

from __future__ import annotations

from msgspec.structs import replace
from whenever import TimeZoneNotFoundError

from firebell.domain.comms import defaults, desk_store, liquid
from firebell.domain.comms.facts import CommsSettingsChanged, TemplateChanged
from firebell.domain.comms.model import CommsSettings, Template
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid
from firebell.kernel.work import Work


def _check_place(audience: str, phase: str) -> None:
    if phase not in defaults.WORDS.get(audience, ()):
        known = "; ".join(f"{who}: {', '.join(words)}" for who, words in defaults.WORDS.items())
        raise Invalid(f"There is no template {audience}-{phase}.", field="phase", hint=known)


def set_template(
    work: Work, audience: str, phase: str, body: str, *, expected: int | None = None, managed_by: str | None = None
) -> Template:
    """A new version of one template. Raises Invalid (what is wrong in it), Changed, Conflict (a file manages it)."""
    work.needs(Permission.INCIDENTS_EDIT)
    _check_place(audience, phase)
    liquid.check(body)
    return _add(work, audience, phase, body, expected, managed_by)


def reset_template(
    work: Work, audience: str, phase: str, *, expected: int | None = None, managed_by: str | None = None
) -> None:
    """Back to the text that comes with Firebell; the versions before stay."""
    work.needs(Permission.INCIDENTS_EDIT)
    _check_place(audience, phase)
    if (audience, phase) in desk_store.templates(work):
        _add(work, audience, phase, "", expected, managed_by)


def detach_template(work: Work, audience: str, phase: str) -> None:
    """Take the template out of a configuration's hands."""
    work.needs(Permission.INCIDENTS_EDIT)
    current = desk_store.templates(work).get((audience, phase))
    if current is not None and current.managed_by is not None:
        desk_store.add_template(work, replace(current, version=current.version + 1, managed_by=None))


def _add(work: Work, audience: str, phase: str, body: str, expected: int | None, managed_by: str | None) -> Template:
    current = desk_store.templates(work).get((audience, phase))
    version = current.version if current is not None else 0
    if expected is not None and expected != version:
        raise Changed("This template has been edited meanwhile.", hint="Load it again and repeat your change.")
    if current is not None and current.managed_by is not None and managed_by is None:
        raise Conflict(f"This is managed by {current.managed_by}.", hint="Change it there, or detach it first.")
    if current is not None and (current.body, current.managed_by) == (body, managed_by):
        return current
    new = Template(audience=audience, phase=phase, body=body, version=version + 1, managed_by=managed_by)
    desk_store.add_template(work, new)
    work.record("installation", TemplateChanged(name=new.name, version=new.version if body else 0))
    work.publish("comms")
    return new


def set_settings(
    work: Work, value: CommsSettings, *, expected: int | None = None, managed_by: str | None = None
) -> CommsSettings:
    """Who gets executive updates, and where the support hours are. ``value.managed_by`` is not looked at.

    Raises Invalid, Changed, Conflict (a file manages them).
    """
    work.needs(Permission.INCIDENTS_EDIT)
    current = desk_store.settings(work)
    if expected is not None and expected != current.version:
        raise Changed("These settings have been edited meanwhile.", hint="Load them again and repeat your change.")
    try:
        work.now.to_tz(value.support_zone)
    except (TimeZoneNotFoundError, ValueError):
        raise Invalid(
            f"There is no time zone {value.support_zone}.", field="support_zone", hint="For example Europe/Berlin."
        ) from None
    if current.managed_by is not None and managed_by is None:
        raise Conflict(f"This is managed by {current.managed_by}.", hint="Change it there, or detach it first.")
    if replace(value, version=current.version, managed_by=managed_by) == current:
        return current
    return _set(work, replace(value, version=current.version + 1, managed_by=managed_by))


def detach_settings(work: Work) -> None:
    """Take these settings out of a configuration's hands."""
    work.needs(Permission.INCIDENTS_EDIT)
    current = desk_store.settings(work)
    if current.managed_by is not None:
        _set(work, replace(current, version=current.version + 1, managed_by=None))


def _set(work: Work, after: CommsSettings) -> CommsSettings:
    desk_store.set_settings(work, after)
    work.record(
        "installation",
        CommsSettingsChanged(executives=list(after.executive_ids), support_zone=after.support_zone),
    )
    work.publish("comms")
    return after
