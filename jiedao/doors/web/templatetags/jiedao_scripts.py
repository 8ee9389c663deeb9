"""Scripts (脚本): all modules behind the one a page loads, told in its head; found one by one they cost a round trip each."""

import re
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_IMPORT = re.compile(r'^(?:import|export)\b[^";]*"\./([^"]+)";', re.MULTILINE)


@register.simple_tag(takes_context=True)
def modules(context: template.Context, *names: str) -> SafeString:
    """Links that preload modules of ours with everything they import."""
    every = dict.fromkeys(one for name in names for one in graph(name))
    links = ((static(f"js/{one}"), context.get("csp_nonce", "")) for one in every)
    return format_html_join("", '<link rel="modulepreload" href="{}" nonce="{}">', links)


@lru_cache
def graph(name: str) -> tuple[str, ...]:
    """A module and all that it imports, each once, itself first."""
    found, open_ = dict[str, None](), [name]
    while open_:
        one = open_.pop(0)
        path = finders.find(f"js/{one}")
        if one in found or not path:
            continue
        found[one] = None
        open_ += _IMPORT.findall(Path(str(path)).read_text(encoding="utf-8"))
    return tuple(found)
