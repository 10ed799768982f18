"""Security, rule by rule: an installation with people of every kind (see the API's tests), to be attacked."""

from __future__ import annotations

from tests.entrypoints.api.conftest import api

__all__ = ["api"]
