"""People (人): who works where, in which post, and as whom somebody acts; and who reported, encrypted."""

from jiedao.ground.people.actor import Actor

__all__ = ["Actor"]
