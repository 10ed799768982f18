"""Where an incident's state is mailed to: the target is the address itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from firebell.domain.outbox.model import Outcome, Post
from firebell.domain.outbox.rules import Sequel
from firebell.kernel.work import Read, Work
from firebell.workflows.outbox_desks import Directions, say_if_failed


class StateDesk:
    """``target_id`` of a post to ``state_mail`` is an e-mail address. ``mail_settings``: the mail server's values."""

    def __init__(self, mail_settings: Callable[[Read], Mapping[str, str]]) -> None:
        self._mail_settings = mail_settings

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        mail = {f"smtp_{name}": value for name, value in self._mail_settings(read).items()}
        return {post.id: Directions({**mail, "to": post.target_id}) for post in posts}

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        say_if_failed(work, post, sequel)
