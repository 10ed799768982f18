"""The API's table of contents: one router per noun, all under ``/api/v1``."""

from __future__ import annotations

from fastapi import APIRouter

from firebell.entrypoints.api import alerts, config

router = APIRouter(prefix="/api/v1")
for noun in (alerts, config):
    router.include_router(noun.router)
