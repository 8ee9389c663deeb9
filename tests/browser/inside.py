"""A browser whose server is the test itself (测试内服务): it shares its transaction and its clock, which no other process can."""

from contextvars import copy_context
from typing import Any
from urllib.parse import urlsplit

from tests.desks import Colleague

SITE = "http://gulou.localhost"
TAKEN = {"accept", "content-type", "hx-request", "hx-target", "hx-trigger", "jd-poll"}


class Inside:
    """A page that one colleague looks at; every request is answered in this process, as of the test's clock."""

    def __init__(self, page: Any, username: str) -> None:
        self.page, self.username = page, username
        # A handler runs apart, where neither the test's connection nor its district is known.
        here = copy_context()
        page.route("**/*", lambda route: route.fulfill(**here.run(self.answer, route.request)))

    def open(self, path: str) -> Any:
        """Signed in anew: while the clock moved the last session ended."""
        self.colleague = Colleague(self.username)
        self.page.goto(SITE + path)
        return self.page

    def answer(self, asked: Any) -> dict[str, Any]:
        """What our own views say. A live stream is none of this: the page polls then."""
        where = urlsplit(asked.url)
        path = f"{where.path}?{where.query}" if where.query else where.path
        sent = {name: value for name, value in asked.headers.items() if name in TAKEN}
        told = {"headers": self.colleague.headers | {n: v for n, v in sent.items() if n != "content-type"}}
        if where.path.startswith("/live/"):
            return {"status": 503, "body": ""}
        client = self.colleague.client
        if asked.method == "POST":
            body = asked.post_data_buffer or b""
            said = client.generic("POST", path, body, content_type=sent.get("content-type", ""), **told)
        else:
            said = client.get(path, **told)
        if 300 <= said.status_code < 400:  # a browser that follows one asks the network, which is not there
            onward = f'<script>location.replace("{said.headers["Location"]}")</script>'
            return {"body": onward, "content_type": "text/html"}
        content = b"".join(said.streaming_content) if said.streaming else said.content
        return {"status": said.status_code, "headers": dict(said.items()), "body": content}
