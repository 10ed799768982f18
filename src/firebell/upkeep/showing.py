"""Every setting, what it is, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from firebell.settings import PREFIX, load, origins

MASK = "••••••"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting. ``value`` is masked when secret; ``origin``: ``environment``, a file's name or ``default``."""

    key: str
    variable: str
    value: str
    origin: str
    meaning: str


def setting_lines() -> list[SettingLine]:
    """All of them, in the order of the settings file. Raises Invalid naming the key that is wrong."""
    settings = load()
    found = origins(settings)
    return [
        SettingLine(name, PREFIX + name.upper(), _shown(getattr(settings, name)), found[name], field.description or "")
        for name, field in type(settings).model_fields.items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
