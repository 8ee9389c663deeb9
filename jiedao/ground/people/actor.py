"""Actor (办理人): as whom a verb is done. A person in the one post acted in, a resident, or the system by name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

if TYPE_CHECKING:
    from jiedao.ground.people.models import Person, Post


class Author(TypedDict):
    """Who did or read something, as the journal keeps it."""

    person_id: UUID | None
    post_id: UUID | None


@dataclass(frozen=True)
class Actor:
    """Built once per request. `kind` is `person`, `resident` or `system`.

    A resident is known by the event reported (`event_id`) and by nothing else: no name hangs on an entry.
    """

    kind: str
    person: "Person | None" = None
    post: "Post | None" = None
    event_id: UUID | None = None
    case_id: UUID | None = None
    name: str = ""

    @classmethod
    def system(cls, name: str) -> "Actor":
        """The program itself, by the name of its part: `ticker`, `sweeper`, `import`."""
        return cls("system", name=name)

    @classmethod
    def resident(cls, event_id: UUID, case_id: UUID) -> "Actor":
        """Somebody who showed number and code of an event."""
        return cls("resident", event_id=event_id, case_id=case_id)

    @classmethod
    def at(cls, post: "Post", person: "Person") -> "Actor":
        """A person in one post. The post brings its unit, kind and area along."""
        return cls("person", person=person, post=post)

    @property
    def scope(self) -> str:
        """Whose receipts and looks these are: never a session's, so a second device finds them too."""
        if self.kind == "person" and self.person:
            return f"person:{self.person.id}"
        return f"resident:{self.event_id}" if self.kind == "resident" else f"system:{self.name}"

    @property
    def author(self) -> Author:
        """Person and post, for `journal.notes.change(…, **by.author)`; both None for residents and the system."""
        return Author(person_id=self.person.id if self.person else None, post_id=self.post.id if self.post else None)

    @property
    def unit_id(self) -> UUID | None:
        return self.post.unit_id if self.post else None

    @property
    def post_kind(self) -> str:
        """Code of the post's kind, `handler`, `dispatcher`, …; empty for who has no post."""
        return self.post.kind.code if self.post else ""

    @property
    def area_path(self) -> str | None:
        """The area the post works in: its own, else its unit's. None if neither has one."""
        if not self.post:
            return None
        area = self.post.area or self.post.unit.area
        return area.path if area else None
