"""What configuration asks of a channel. Whoever applies hands the declarations in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class MethodField(Protocol):
    """One field of a contact method, as its channel declares it."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


class ChannelDeclaration(Protocol):
    """A channel's fields, and whether values are fit (``check`` raises Invalid naming the field)."""

    @property
    def method_fields(self) -> Sequence[MethodField]: ...

    def check(self, method: Mapping[str, str]) -> dict[str, str]: ...

    def mask(self, method: Mapping[str, str]) -> str: ...


def secret_fields(channel: ChannelDeclaration | None, values: Iterable[str] = ()) -> frozenset[str]:
    """Names of the fields to keep to oneself; of a channel that is no longer there, all but ``to``."""
    if channel is None:
        return frozenset(values) - {"to"}
    return frozenset(field.name for field in channel.method_fields if field.kind == "secret")
