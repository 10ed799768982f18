"""The API's table of contents: one router per noun, all under ``/api/v1``."""

from __future__ import annotations

from fastapi import APIRouter

from firebell.entrypoints.api import alerts

router = APIRouter(prefix="/api/v1")
for noun in (alerts,):
    router.include_router(noun.router)
