"""Make, list and revoke tokens (令牌) by which programs use the API as one person in one post."""

import argparse
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from jiedao.doors import words
from jiedao.ground.db.home import Trouble
from jiedao.ground.districts import district
from jiedao.ground.people import tokens
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao token make --district gulou --account chen --post centre-dispatcher --name "hotline bridge" --days 90
  jiedao token list --district gulou --json
  jiedao token revoke 0192f0c1-7d3e-7cc0-a111-0123456789ab --district gulou
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make", help="a new token; its text is printed once and kept nowhere")
    make.add_argument("--account", required=True, help="the account's user name")
    make.add_argument("--post", help="code of the post acted in (default: the only one the person holds)")
    make.add_argument("--name", default="", help="what it is for")
    make.add_argument("--days", type=int, default=90, help="how long it holds (default 90, at most 366)")
    listing = actions.add_parser("list", help="the tokens of a district, without their texts")
    revoke = actions.add_parser("revoke", help="end a token at once")
    revoke.add_argument("id", help="its id, as `list` prints it")
    for action in (make, listing, revoke):
        action.add_argument("--district", required=True, help="label or code of the district")
        action.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    try:
        with district(args.district):
            return {"make": _make, "list": _list, "revoke": _revoke}[args.action](args)
    except Refused as refused:
        raise Trouble(words.say(refused, "en").text) from None


def _make(args: argparse.Namespace) -> int:
    account, post = tokens.holder(args.account, args.post or "")
    token, text = tokens.make(account, post, args.name or "unnamed", timedelta(days=max(args.days, 1)))
    told = {
        "id": str(token.id),
        "token": text,
        "account": account.username,
        "post": post.code,
        "ends_at": token.ends_at,
    }
    if args.json:
        print(json.dumps(told, default=str))
    else:
        print(
            f"{text}\nActs as {account.username} in {post.code} until {token.ends_at:%Y-%m-%d}. It is shown only now."
        )
    return 0


def _list(args: argparse.Namespace) -> int:
    rows: list[dict[str, Any]] = tokens.listed()
    if args.json:
        print(json.dumps(rows, default=str, ensure_ascii=False))
        return 0
    for row in rows:
        state = "revoked" if row["revoked_at"] else f"until {row['ends_at']:%Y-%m-%d}"
        print(f"{row['id']}  {row['account']:<12}  {row['post']:<24}  {state:<16}  {row['name']}")
    if not rows:
        print("No tokens. Make one: jiedao token make --district … --account … --post …")
    return 0


def _revoke(args: argparse.Namespace) -> int:
    try:
        found = tokens.find(UUID(args.id))
    except ValueError:
        found = None
    if found is None:
        raise Trouble(f"There is no token {args.id} in this district; `jiedao token list` prints them.")
    tokens.revoke(found)
    print("Revoked; it is refused from the next request on.")
    return 0
