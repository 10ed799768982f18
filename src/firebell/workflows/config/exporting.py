"""Everything that files can describe, written as files: applying them changes nothing."""

from __future__ import annotations

from typing import Any

import yaml

from firebell.kernel.actor import Permission
from firebell.kernel.work import Read
from firebell.workflows.config.applying import Means
from firebell.workflows.config.current import current
from firebell.workflows.config.reading import File
from firebell.workflows.config.specs import KINDS, written
from firebell.workflows.config.variables import protected

BY_HAND = "by-hand.yaml"
_HEADER = "# Written by “firebell export”. Secrets are left out: what a file leaves out stays as it is.\n"


def export(read: Read, means: Means) -> list[File]:
    """One file per file that manages something, and :data:`BY_HAND` for the rest (marked ``managed: false``).

    Secrets of contact methods and keys of integrations are not in them; applied to another house, keys are generated.
    """
    read.needs(Permission.CONFIG_APPLY)
    now = current(read, means.keyring, means.sealer, means.channels)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for key in sorted(now.items, key=lambda key: (KINDS.index(key[0]), key[1])):
        grouped.setdefault(now.managed_by.get(key, BY_HAND), []).append(written(now.items[key]))
    return [File(path, as_yaml(documents)) for path, documents in sorted(grouped.items())]


def as_yaml(documents: list[dict[str, Any]]) -> str:
    """Documents as one YAML stream that :mod:`reading` reads back unchanged."""
    guarded = [_guarded(document) for document in documents]
    text = yaml.dump_all(
        guarded, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )
    return _HEADER + str(text)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are (``|``), where YAML can write them so."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        node: yaml.MappingNode = super().represent_mapping(tag, mapping, flow_style=flow_style)
        if any(isinstance(value, yaml.ScalarNode) and value.style == "|" for _, value in node.value):
            node.flow_style = False
        return node


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    node: yaml.ScalarNode = dumper.represent_str(text)
    if "\n" in text.strip():
        node.style = "|"
    return node


_Dumper.add_representer(str, _text)


def _guarded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _guarded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_guarded(inner) for inner in value]
    return protected(value) if isinstance(value, str) else value
