"""The templates that come with Firebell: the internal one has six fields, the external one five parts."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.comms.model import Audience, Template

PUBLIC_WORDS = ("investigating", "identified", "monitoring", "resolved")
INTERNAL_WORDS = ("default", "investigating", "mitigating", "resolved")
"""``default`` stands in for the words that have no template of their own."""

WORDS: Mapping[str, tuple[str, ...]] = {
    Audience.PUBLIC: PUBLIC_WORDS,
    Audience.INTERNAL: INTERNAL_WORDS,
    Audience.EXECUTIVE: INTERNAL_WORDS,
}

_INTERNAL = """\
Title: {{ title }}
Severity: {{ severity }}
Impact: {{ impact }}
Status: {{ status }}
ETA: {{ eta }}
Incident Commander: {{ commander }}
"""
_AWARE = 'We are aware of an issue affecting {{ components }}. {% if impact != "" %}{{ impact }}. {% endif %}'
_NEXT = (
    "Next update within {{ minutes }} minutes (by {{ next_update_by }})."
    '{% if eta != "" %} Expected to be fixed by {{ eta }}.{% endif %}'
)
_IDENTIFIED = 'We have identified the cause{% if doing != "" %} and are working on it: {{ doing }}{% endif %}. '
_MONITORING = (
    'A fix is in place{% if doing != "" %}: {{ doing }}{% endif %}. We are monitoring it. '
    '{% if still_failing != "" %}You are still affected if {{ still_failing }}. {% endif %}'
)
_RESOLVED = (
    'The issue affecting {{ components }} is resolved. {% if impact != "" %}{{ impact }}. {% endif %}'
    '{% if confirmation != "" %}{{ confirmation }}. {% endif %}{% if data_loss != "" %}{{ data_loss }}. {% endif %}'
    '{% if if_it_persists != "" %}{{ if_it_persists }}.{% endif %}'
)

DEFAULTS: Mapping[tuple[str, str], Template] = {
    (audience, phase): Template(audience=audience, phase=phase, body=body)
    for audience, phase, body in (
        (Audience.INTERNAL, "default", _INTERNAL),
        (Audience.EXECUTIVE, "default", _INTERNAL),
        (Audience.PUBLIC, "investigating", _AWARE + "We are investigating. " + _NEXT),
        (Audience.PUBLIC, "identified", _AWARE + _IDENTIFIED + _NEXT),
        (Audience.PUBLIC, "monitoring", _AWARE + _MONITORING + _NEXT),
        (Audience.PUBLIC, "resolved", _RESOLVED),
    )
}


def in_force(edited: Mapping[tuple[str, str], Template], audience: str, status: str) -> Template:
    """The template for a status word: the edited one, else ours; for people inside, else the default one's."""
    word = status.lower()
    if audience == Audience.PUBLIC and word not in PUBLIC_WORDS:
        word = "resolved"
    for key in ((audience, word), (audience, "default")):
        found = edited.get(key)
        if found is not None and found.body:
            return found
        if key in DEFAULTS:
            return DEFAULTS[key]
    return DEFAULTS[(Audience.INTERNAL, "default")]
