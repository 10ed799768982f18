"""Light, dark, or as the system has it: a cookie, set by a form."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.entrypoints.web.frame import THEME_COOKIE, THEMES
from firebell.entrypoints.web.session import Anyone, Form
from firebell.kernel.errors import Invalid

router = APIRouter()
YEAR_S = 365 * 86_400


@router.post("/theme")
def choose(here: Anyone, form: Form) -> Response:
    theme = form.get("theme", "")
    if theme not in THEMES:
        raise Invalid("There is no such theme.", field="theme", hint=f"One of {', '.join(THEMES)}.")
    answer = here.go(form.get("next", "/"))
    if theme == "system":
        answer.delete_cookie(THEME_COOKIE)
    else:
        answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR_S, samesite="lax", httponly=True, secure=here.secure)
    return answer
