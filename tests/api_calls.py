"""Calling the API as somebody (接口调用): a token per demo account, through Django's client."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client

from jiedao.ground.districts import district
from jiedao.ground.people import tokens
from jiedao.ground.people.models import Account


def token_of(username: str, post: str = "", label: str = "gulou") -> str:
    """A token of a demo account in one of its posts."""
    with district(label):
        account, seat = tokens.holder(username, post)
        return tokens.make(account, seat, "test", timedelta(days=1))[1]


def token_in(post_code: str, label: str = "gulou") -> str:
    """A token of whoever sits in a post; the demo has accounts for a few, so one is made."""
    with district(label):
        from jiedao.ground.people.models import Post, Tenure

        post = Post.objects.get(code=post_code)
        person = Tenure.objects.on().filter(post=post).first().person
        account = Account.objects.filter(person=person).first()
        if account is None:
            account = Account(username=f"api-{person.code}", person=person)
            account.save(force_insert=True)
        return tokens.make(account, post, "test", timedelta(days=1))[1]


class Answer:
    """A status and a body."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.content: bytes = response.content
        self.body: Any = json.loads(response.content)

    @property
    def rule(self) -> str:
        return str(self.body.get("rule", ""))


class Api:
    """One program with one token. A write makes itself a key unless it is given one."""

    def __init__(self, token: str, label: str = "gulou") -> None:
        self.token = token
        self.client = Client(HTTP_HOST=f"{label}.localhost", raise_request_exception=False)

    def get(self, path: str, **query: Any) -> Answer:
        return Answer(self.client.get(f"/api/v1{path}", query, **self._headers()))

    def post(self, path: str, body: Any = None, key: str | None = None) -> Answer:
        headers = self._headers() | ({} if key == "" else {"HTTP_IDEMPOTENCY_KEY": key or str(uuid4())})
        content = body if isinstance(body, (bytes, str)) else json.dumps(body or {})
        return Answer(self.client.post(f"/api/v1{path}", content, content_type="application/json", **headers))

    def upload(self, content: bytes, name: str, key: str | None = None) -> Answer:
        from django.core.files.uploadedfile import SimpleUploadedFile

        headers = self._headers() | {"HTTP_IDEMPOTENCY_KEY": key or str(uuid4())}
        return Answer(self.client.post("/api/v1/files", {"file": SimpleUploadedFile(name, content)}, **headers))

    def _headers(self) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {self.token}"} if self.token else {}

    # The road, told by verbs
    def report(self, words: str, **more: Any) -> str:
        answer = self.post("/events", {"words": words, **more})
        assert answer.status == 201, answer.body
        return str(answer.body["number"])

    def do(self, number: str, verb: str, **given: Any) -> str:
        """Does a verb that must be possible; says the state it led to."""
        answer = self.post(f"/cases/{number}/{verb}", given)
        assert answer.status == 200, (verb, answer.body)
        return str(answer.body["state"])

    def orders(self, number: str) -> dict[str, str]:
        """The orders of a case: unit code → id of its last."""
        return {order["unit"]["code"]: order["id"] for order in self.get(f"/cases/{number}").body["orders"]}
