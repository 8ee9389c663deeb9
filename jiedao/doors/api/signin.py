"""Who calls (令牌登录): the actor of a bearer token, asked anew at every request."""

from typing import Any, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from jiedao.ground.people import Actor
from jiedao.ground.people.tokens import actor_of
from jiedao.kit.refusal import Refused


def actor(request: HttpRequest) -> Actor:
    """As whom a request acts. Refuses `signed_out`."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = actor_of(text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused("signed_out")
    return found


class Bearer(HttpBearer):
    """`Authorization: Bearer jd_…`, made by `jiedao token make`."""

    def __call__(self, request: HttpRequest) -> Actor:
        return actor(request)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError


def caller(request: HttpRequest) -> Actor:
    """The actor of a request that came through `Bearer`."""
    return cast(Actor, request.auth)  # type: ignore[attr-defined]
