"""Log lines: structured, with everything secret masked before it is written."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from firebell.settings import Settings

_SECRET = re.compile(
    r"(fb_[a-z0-9]{8}_)[A-Za-z0-9_-]{43}|(/(?:a|in/[a-z_]+|setup|invite|reset|feeds|confirm|manage|unsubscribe)/)[A-Za-z0-9_.-]{16,}"
)
_NAMES = ("password", "secret", "token", "authorization", "cookie", "key")


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: masks tokens in texts and values whose name says they are secret."""
    for name, value in event.items():
        if isinstance(value, str):
            if name != "event" and any(word in name.lower() for word in _NAMES):
                event[name] = "[redacted]"
            else:
                event[name] = _SECRET.sub(lambda found: (found[1] or found[2]) + "[redacted]", value)
    return event


def configure_logs(settings: Settings) -> None:
    """Set up logging for the process."""
    level = getattr(logging, settings.log_level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), format="%(levelname)s %(name)s %(message)s")
