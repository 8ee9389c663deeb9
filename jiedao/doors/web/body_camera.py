"""Cameras (摄像头、执法记录仪): of a place or of somebody on duty, after the purpose was written down. Links, nothing kept."""

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import forms, middleware
from jiedao.doors.web.frame import live_origin
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol.actions import body_cameras


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks for what, writes it down, then plays. The gateway's host is let in on this one answer and on no other page."""
    by, refusal, address = actor_of(request), None, ""
    shift = body_cameras.carried(pk, by)
    purpose = request.POST.get("purpose", "")
    if request.method == "POST":
        try:
            address = body_cameras.stream(shift, by=by, purpose=purpose)
        except Refused as refused:
            refusal = forms.told(refused)
    shown = {
        "shift": shift, "purpose": purpose, "refusal": refusal, "address": address,
        "whep": "/whep" in urlsplit(address).path.lower(),
    }  # fmt: skip
    answer = render(request, "shift/camera.html", shown, status=refusal.status if refusal else 200)
    if address:
        parts = urlsplit(address)
        policy = middleware.policy(getattr(request, "csp_nonce", ""), live_origin(request))
        for rule in ("media-src 'self'", "connect-src 'self'"):
            policy = policy.replace(rule, f"{rule} {parts.scheme}://{parts.netloc}")
        answer.headers["Content-Security-Policy"] = policy
    return answer


@require_http_methods(["GET", "POST"])
@staff
def place(request: HttpRequest, code: str) -> HttpResponse:
    """A camera of the district: for what, then its link."""
    by, refusal, address, opened = actor_of(request), None, "", False
    site = body_cameras.of_place(code, by)
    purpose = request.POST.get("purpose", "")
    if request.method == "POST":
        try:
            address, opened = body_cameras.link(site, by=by, purpose=purpose), True
        except Refused as refused:
            refusal = forms.told(refused)
    shown = {"site": site, "purpose": purpose, "refusal": refusal, "address": address, "opened": opened}
    return render(request, "shift/place_camera.html", shown, status=refusal.status if refusal else 200)
