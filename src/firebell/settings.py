"""One frozen settings object, read once: environment over TOML over defaults, handed down as arguments."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from firebell.kernel.errors import Invalid

PREFIX = "FIREBELL_"


class Settings(BaseSettings):
    """Every key is ``FIREBELL_<NAME>`` in the environment and ``<name>`` in ``firebell.toml``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Field(Path("var"), description="Folder of the SQLite file, the secret key and the lock.")
    database_url: str = Field("", description="sqlite:///path or postgresql://…; empty: SQLite in the data folder.")
    listen: str = Field("127.0.0.1:8080", description="Address and port of the server.")
    public_url: str = Field("", description="How people and senders reach this server; empty: http://<listen>.")
    secret_key: SecretStr = Field(SecretStr(""), description="Base64 of 32 bytes; empty: a file in the data folder.")
    secret_key_file: Path | None = Field(None, description="File with the secret key.")
    old_secret_key: SecretStr = Field(SecretStr(""), description="The former key while a rotation lasts.")
    bootstrap_token: SecretStr = Field(
        SecretStr(""), description="An administrator's API token valid from the first start."
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp[s]://user:password@host:port?from=Firebell <fb@example.com>"
    )
    heartbeat_url: str = Field(
        "", description="Called every minute while every law holds; silence there means trouble here."
    )
    slack_api_url: str = Field("https://slack.com/api/", description="Where Slack's Web API is; for tests and proxies.")
    allow_http: bool = Field(False, description="Let outgoing requests use http as well as https.")
    allow_internal: tuple[str, ...] = Field((), description="CIDR[:port] of internal targets that may be called.")
    trusted_proxies: tuple[str, ...] = Field((), description="Proxies whose X-Forwarded-* are believed.")
    senders: int = Field(8, ge=1, le=64, description="Messages sent at the same time by one process.")
    posters: int = Field(4, ge=1, le=32, description="Posts (webhooks, chats, subscribers) sent at the same time.")
    log_format: str = Field("console", pattern="^(console|json)$", description="console or json.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        return env_settings, init_settings

    @property
    def url(self) -> str:
        """The database URL with its default filled in."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'firebell.db'}"

    @property
    def demo(self) -> bool:
        """Whether pages say that this is no real installation. No setting: only ``firebell demo`` sends nothing."""
        return False

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]") or "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def base_url(self) -> str:
        """The public URL without a trailing slash."""
        return (self.public_url or f"http://{self.listen}").rstrip("/")


def toml_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the settings file is looked for."""
    return Path(environment.get("FIREBELL_CONFIG", "firebell.toml"))


def load(**given: Any) -> Settings:
    """Read the settings. Raises Invalid naming the key and what is wrong with it."""
    path = toml_file()
    values: dict[str, Any] = {}
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise Invalid(f"{path}: {error}", field=str(path), hint="Mend the file or remove it.") from None
    try:
        return Settings(**{**values, **given})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"Setting {key}: {first['msg']}", field=key, hint="See firebell config show.") from None


def origins(settings: Settings) -> dict[str, str]:
    """For every key where its value came from: ``environment``, the file's name, or ``default``."""
    path = toml_file()
    in_file = tomllib.loads(path.read_text()) if path.is_file() else {}
    found = {}
    for key in type(settings).model_fields:
        if f"{PREFIX}{key.upper()}" in os.environ:
            found[key] = "environment"
        else:
            found[key] = str(path) if key in in_file else "default"
    return found
