"""The bare host (裸域名): the list of districts and nothing else; nobody signs in here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.middleware import absent, hosts


def districts(request: HttpRequest) -> HttpResponse:
    """Every district with its address on this same host."""
    host = request.get_host()
    entries = [
        {
            "name": place.name if is_chinese() or not place.name_en else place.name_en,
            "host": f"{place.label}.{host}",
            "href": f"{request.scheme}://{place.label}.{host}/",
        }
        for place in hosts.all()
    ]
    return render(request, "districts.html", {"districts": entries})


urlpatterns = [path("", districts, name="districts")]
handler400 = "jiedao.doors.web.faults.unreadable"
handler404 = absent
handler403 = absent
handler500 = "jiedao.doors.web.faults.failed"
