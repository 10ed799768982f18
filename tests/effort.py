"""How many examples Hypothesis tries: few with every change, many in ``make soak ARGS=properties``.

``FIREBELL_TEST_EFFORT`` is ``ci`` (as without it) or ``soak``; pytest's head line says which.
"""

from __future__ import annotations

import os

from hypothesis import settings

VARIABLE = "FIREBELL_TEST_EFFORT"
EFFORT = os.environ.get(VARIABLE, "ci")
SOAK_EXAMPLES = 2000
CI_EXAMPLES = 40
"""For properties that name no number of their own. With every change the same ones are tried again, so that what fails
is what was changed; the soak looks for new ones."""


def examples(ci: int, *, soak: int) -> int:
    """``max_examples`` of a property whose examples are dear."""
    return {"ci": ci, "soak": soak}[EFFORT]


def apply_effort() -> None:
    """Let properties without a number of their own follow."""
    settings.register_profile("firebell ci", max_examples=CI_EXAMPLES, derandomize=True)
    settings.load_profile("firebell ci")
    if examples(0, soak=1):
        settings.register_profile("firebell soak", max_examples=SOAK_EXAMPLES, deadline=None)
        settings.load_profile("firebell soak")
