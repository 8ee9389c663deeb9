"""Districts (区): who lives in which schema, how to enter one, and its working calendar."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jiedao.kit.refusal import Refused

if TYPE_CHECKING:
    from jiedao.ground.districts.models import District


def find(name: str) -> "District":
    """The district of a label (`gulou`) or a six-digit code. Refuses `no_such_district`."""
    from jiedao.ground.districts.models import District  # noqa: PLC0415 -- app ready

    found = District.objects.filter(label=name).first() or District.objects.filter(code=name).first()
    if found is None:
        raise Refused("no_such_district", name=name, known=sorted(District.objects.values_list("label", flat=True)))
    return found


def by_name() -> "tuple[dict[str, District], dict[str, District]]":
    """Every district by its host names, and by its code and label."""
    from jiedao.ground.districts.models import District, Host  # noqa: PLC0415 -- app ready

    hosts = {host.domain.lower(): host.tenant for host in Host.objects.select_related("tenant")}
    return hosts, {name: place for place in District.objects.all() for name in (place.code, place.label)}


@contextmanager
def district(name: "str | District") -> Iterator["District"]:
    """Inside, every query reads and writes this district's schema. Leaving restores what was before."""
    from django_tenants.utils import tenant_context  # noqa: PLC0415 -- app ready

    place = find(name) if isinstance(name, str) else name
    with tenant_context(place):
        yield place


def schema() -> str:
    """The schema this thread's queries read and write: a district's, or `public`."""
    from django.db import connection  # noqa: PLC0415 -- app ready

    return str(getattr(connection, "schema_name", "public"))


def current_district() -> "District":
    """The district this thread is in. Refuses `no_district` outside of one."""
    from django.db import connection  # noqa: PLC0415 -- app ready

    tenant = getattr(connection, "tenant", None)
    if tenant is None or not getattr(tenant, "code", ""):
        raise Refused("no_district")
    return tenant  # type: ignore[no-any-return]
