"""Writing one section: the text as it is typed, what the linter says of it, how it will look, and nothing lost when two
people write at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.model import Section, fingerprint
from firebell.domain.postmortems.saidtimes import Disagreement
from firebell.entrypoints.web import postmortem_desk, postmortem_lint, side_by_side
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.postmortem_lint import Said
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.entrypoints.web.side_by_side import Compared
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Refused
from firebell.kernel.work import Read
from firebell.workflows import postmortem_moves, postmortem_said, postmortems_seen

router = APIRouter()
WAS_HEADER = "Firebell-Was"


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else has saved the section meanwhile. ``theirs`` is what stands now, ``was`` its fingerprint."""

    theirs: str
    was: str
    compared: Compared


@dataclass(frozen=True, slots=True)
class SectionPage:
    """One section being written. ``prompts``: what the template asks here."""

    desk: Desk
    section: Section
    slug: str
    draft: Draft
    was: str
    said: Said
    disagreements: Sequence[Disagreement]
    clash: Clash | None = None
    before: str = ""
    after: str = ""

    @property
    def href(self) -> str:
        return f"{self.desk.href}/edit/{self.slug}"

    @property
    def text(self) -> str:
        return self.draft.of("text")


@router.get("/postmortems/{key}/edit/{slug}")
def edit(here: Here, key: str, slug: str) -> Response:
    return _page(here, key, _section(slug))


@router.post("/postmortems/{key}/edit/{slug}/check")
def check(here: Here, key: str, slug: str, form: Form) -> Response:
    """What the linter says of the text as it is typed, and how it will look."""
    return _page(here, key, _section(slug), text=_text(form), was=form.get("was", ""), block="said")


@router.post("/postmortems/{key}/edit/{slug}")
def save(here: Here, key: str, slug: str, form: Form) -> Response:
    """``save``, ``autosave`` (answers with nothing but the new fingerprint), ``check``, ``unname``, ``use:…`` and
    ``dismiss:…``. What was typed comes back whatever is refused."""
    section, text, was = _section(slug), _text(form), form.get("was", "")
    action, _, rest = form.get("action", "save").partition(":")
    try:
        if action in ("use", "unname"):
            text = here.read(lambda read: _changed(read, key, section, text, rest))
        elif action == "dismiss":
            # What is set aside is a sentence that stands there: so what was typed is saved first.
            wishes = [
                verbs.SaveSection(section=section, text=text, was=was or None),
                verbs.DismissHit(key=rest, reason=form.get(f"reason-{rest}", "")),
            ]
            here.run(lambda work: [postmortem_moves.act(work, key, wish) for wish in wishes])
            was = fingerprint(text)
        elif action == "restore":
            here.run(lambda work: postmortem_moves.act(work, key, verbs.RestoreHit(key=rest)))
        elif action in ("save", "autosave"):
            wish = verbs.SaveSection(section=section, text=text, was=was or None)
            here.run(lambda work: postmortem_moves.act(work, key, wish))
            if action == "autosave":
                return Response(status_code=204, headers={WAS_HEADER: fingerprint(text)})
            return here.go(
                f"/postmortems/{here.read(lambda r: postmortems_seen.one(r, key)).id}#{slug}", Flash("Saved.")
            )
    except Changed as error:
        if action == "autosave":
            return Response(status_code=409)
        return _page(here, key, section, text=text, was=was, clash=True, status=error.status)
    except (Conflict, Forbidden, Invalid) as error:
        if action == "autosave":
            return Response(status_code=422)
        return _page(here, key, section, text=text, was=was, error=error, status=error.status)
    return _page(here, key, section, text=text, was=was)


def _section(slug: str) -> Section:
    if slug not in words.SLUGS:
        raise NotFound("A postmortem has six sections, and this is none of them.")
    return words.SLUGS[slug]


def _text(form: Mapping[str, str]) -> str:
    return form.get("text", "").replace("\r\n", "\n")


def _changed(read: Read, key: str, section: Section, text: str, which: str) -> str:
    names = postmortems_seen.names(read, postmortems_seen.one(read, key))
    if which:
        return postmortem_lint.taken(text, names, section, which)
    return postmortem_lint.unnamed(text, names)


def _page(
    here: Browser, key: str, section: Section, *, text: str | None = None, was: str = "", error: Refused | None = None,
    clash: bool = False, status: int = 200, block: str = "",
) -> Response:  # fmt: skip
    def look(read: Read) -> SectionPage:
        desk = postmortem_desk.look(here, read, key)
        if not desk.may.edit:
            raise Forbidden("You may read this postmortem, not write it.", hint="Comment on it instead.")
        stands = desk.pm.document.text(section)
        typed = stands if text is None else text
        draft = Draft({"text": typed}) if error is None else refused({"text": typed}, error)
        keys = {one.key for one in desk.pm.dismissals}
        order = list(words.SLUGS)
        at = order.index(words.SLUG_OF[section])
        return SectionPage(
            desk=desk, section=section, slug=words.SLUG_OF[section], draft=draft,
            was=was if text is not None and was else fingerprint(stands),
            said=postmortem_lint.said(typed, postmortems_seen.names(read, desk.pm), section, keys),
            disagreements=postmortem_said.disagreements(read, desk.pm, [typed]),
            clash=Clash(stands, fingerprint(stands), side_by_side.compared(stands, typed)) if clash else None,
            before=order[at - 1] if at else "", after=order[at + 1] if at + 1 < len(order) else "",
        )  # fmt: skip

    view = here.read(look)
    title = f"{section.value}: {view.desk.pm.reference}"
    return here.page("postmortems/section.html", view, title=title, nav="postmortems", status=status, block=block or "")
