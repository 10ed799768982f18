"""Which values of a channel are secret, sealed before they are stored and opened before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.integrations.channels.contract import Channel
from firebell.kernel.secrets import Keyring, Unsealable

CHAT_SECRETS: Mapping[str, frozenset[str]] = {
    "slack": frozenset({"bot_token", "app_token"}),
    "teams": frozenset({"url"}),
}
"""Per chat vendor, the settings that are sealed."""


class Sealing:
    """Seals by the channels' declarations: fields of kind ``secret``, in methods and in installation settings."""

    def __init__(self, keyring: Keyring, channels: Mapping[str, Channel]) -> None:
        self._keyring = keyring
        self._channels = channels

    def _secret(self, channel: str, *, settings: bool) -> set[str]:
        found = self._channels.get(channel)
        fields = () if found is None else found.settings_fields if settings else found.method_fields
        return {field.name for field in fields if field.kind == "secret"}

    def seal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """A contact method's values as stored."""
        return self._seal(config, self._secret(channel, settings=False), "contact_methods", method_id)

    def unseal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """A contact method's values as used. A value that does not open is left out, and the send fails saying so."""
        return self._open(config, self._secret(channel, settings=False), "contact_methods", method_id)

    def seal_settings(self, channel: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """An installation's channel settings as stored."""
        return self._seal(values, self._secret(channel, settings=True), "channel_settings", channel)

    def open_settings(self, channel: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """An installation's channel settings as used."""
        return self._open(values, self._secret(channel, settings=True), "channel_settings", channel)

    def seal_chat(self, vendor: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A chat connection's settings as stored."""
        return self._seal(values, set(CHAT_SECRETS.get(vendor, ())), "chat_connections", vendor)

    def open_chat(self, vendor: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A chat connection's settings as used."""
        return self._open(values, set(CHAT_SECRETS.get(vendor, ())), "chat_connections", vendor)

    def settings_in_use(self, channel: str, stored: Mapping[str, Any], smtp_url: str) -> dict[str, str]:
        """What a channel sends with: what is stored, opened, else (e-mail) the ``smtp_url`` of the settings."""
        opened = {name: str(value) for name, value in self.open_settings(channel, stored).items()}
        if channel == "email" and smtp_url and not opened:
            return {"url": smtp_url}
        return opened

    def _seal(self, values: Mapping[str, Any], secret: set[str], table: str, row_id: str) -> dict[str, Any]:
        return {
            name: self._keyring.seal(str(value), table=table, column=name, row_id=row_id)
            if name in secret and value
            else value
            for name, value in values.items()
        }

    def _open(self, values: Mapping[str, Any], secret: set[str], table: str, row_id: str) -> dict[str, Any]:
        opened: dict[str, Any] = {}
        for name, value in values.items():
            if name not in secret or not value:
                opened[name] = value
                continue
            try:
                opened[name] = self._keyring.unseal(str(value), table=table, column=name, row_id=row_id)
            except Unsealable:
                continue
        return opened
