"""Who asks (谁在办理): from a request to its actor: account, person, the posts held today, and the one acted in."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from jiedao.doors.notify import inbox
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Post
from jiedao.kit.refusal import Absent

View = Callable[..., HttpResponse]


def staff(view: View) -> View:
    """A view for who has signed in: `request.actor` is built once, from the posts of this very moment.

    Nothing of it is kept between requests but the choice among several posts: who is moved or leaves acts as the new
    posts say with the next request (G18).
    """

    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent_away = enter(request)
        return sent_away or view(request, *args, **kwargs)

    return entered


def enter(request: HttpRequest) -> HttpResponse | None:
    """Sets actor, posts and the count of unread notices on the request. An answer for who may not come in."""
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    person = getattr(request.user, "person", None)
    if person is None:
        raise Absent
    held = posts.held_by(person)
    if person.left_on is not None and not held:
        auth.logout(request)
        return _to_sign_in(request)
    post = _chosen(request, held)
    request.posts = held  # type: ignore[attr-defined]
    request.post_kinds = {post.kind.code} if post else set()  # type: ignore[attr-defined]
    request.actor = Actor.at(post, person) if post else Actor("person", person=person)  # type: ignore[attr-defined]
    if not is_part(request):
        request.waiting = inbox.unread(actor_of(request))  # type: ignore[attr-defined]
    return None


def greet(request: HttpRequest) -> None:
    """On a page that is open to everybody: sets the same for who has signed in, and nothing for anybody else."""
    if request.user.is_authenticated and not hasattr(request, "actor"):
        with suppress(Absent):
            enter(request)


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request that came through `staff`."""
    return cast(Actor, request.actor)  # type: ignore[attr-defined]


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part, not a browser for the page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def choose(request: HttpRequest, post_id: str) -> Post | None:
    """Acts in another of the posts held from now on. None if it is not one of them; nothing changes then."""
    for post in request.posts:  # type: ignore[attr-defined]
        if str(post.id) == post_id:
            request.session["post"] = post_id
            return cast(Post, post)
    return None


def _chosen(request: HttpRequest, held: list[Post]) -> Post | None:
    wanted = request.session.get("post")
    return next((post for post in held if str(post.id) == wanted), held[0] if held else None)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back here after it. A part is refused quietly: the typed text around it must stay."""
    if is_part(request):
        return HttpResponse(status=401)
    back = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': back})}")
