"""Asking fast (预备语句): prepared statements through libpq itself, several in one trip; text in, text out.

The ORM builds, binds and plans every statement anew and adapts every value, and each one is a trip of its own. Here a
statement is prepared once per connection; what needs no answer waits and travels with the next question or with the
COMMIT. A prepared plan follows the search path, so one text serves every district. Placeholders are PostgreSQL's `$1`.
Whoever asks turns the answer into numbers and ids, or asks for `typed` values.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.types.json import set_json_loads

from jiedao.ground.db import hearing

Answer = list[tuple[str | None, ...]]
Typed = list[tuple[Any, ...]]
Statement = tuple[str, Sequence[Any]]

log = logging.getLogger(__name__)


def _db() -> Any:
    """Django's connection of this thread, asked for each time: one that was kept outlived its database once."""
    return connections[DEFAULT_DB_ALIAS]


def ask(sql: str, values: Sequence[Any] = ()) -> Answer:
    """The rows of a statement, in the district and transaction one is in. Empty for one that gives none."""
    return ask_all((sql, values))[0]


def ask_all(*questions: Statement) -> list[Answer]:
    """The rows of several statements, asked in this order and in one trip."""
    return [_rows(result) for result in _results(questions)]


def typed(*questions: Statement) -> list[Typed]:
    """The same with each value in the type of its column, made by the driver: ids, times, numbers, JSON."""
    results = _results(questions)
    reader = _reader(_db().connection)
    rows = []
    for result in results:
        reader.set_pgresult(result)
        rows.append(reader.load_rows(0, result.ntuples, tuple))
    return rows


class ahead:
    """Inside, these questions travel with the next one, whatever it is; asking them later, once, costs no trip.

    For what is known to be asked next. Their answers are as old as that trip: a question whose answer may change
    meanwhile has to take a lock.
    """

    def __init__(self, *questions: Statement) -> None:
        self.waiting = list(questions)
        self.known: list[tuple[Statement, Any]] = []

    def __enter__(self) -> None:
        _aheads(_db()).append(self)

    def __exit__(self, *fault: Any) -> None:
        _aheads(_db()).remove(self)

    def taken(self) -> list[Statement]:
        """What now travels along."""
        waiting, self.waiting = self.waiting, []
        return waiting

    def told(self, questions: Sequence[Statement]) -> list[Any] | None:
        """The answers that came before, each given out once. None unless all of them are here."""
        found = [one for question in questions for one in self.known if one[0] == question]
        if len(found) < len(questions):
            return None
        self.known = [one for one in self.known if one not in found]
        return [result for _, result in found]


def _aheads(db: Any) -> list[ahead]:
    found: list[ahead] = db.__dict__.setdefault("_jiedao_ahead", [])
    return found


def _results(questions: Sequence[Statement]) -> list[Any]:
    db = _db()
    aheads = _aheads(db)
    for one in aheads:
        if one.known and (told := one.told(questions)):
            return told
    _enter(db)
    along = [(one, question) for one in aheads for question in one.taken()]
    with db.wrap_database_errors:
        before = [*_begun(db), *_taken(db)]
        statements = [*before, *questions, *(question for _, question in along)]
        results = _send(db.connection, _counted(db, statements))[len(before) :]
    for (one, question), result in zip(along, results[len(questions) :], strict=True):
        one.known.append((question, result))
    return results[: len(questions)]


def tell(sql: str, values: Sequence[Any] = ()) -> None:
    """A statement whose answer nobody needs: inside `whole` it waits for the next question, elsewhere it goes at once."""
    db = _db()
    if _lane(db) is None:
        ask(sql, values)
    else:
        _lane(db).waiting.append((sql, values))  # type: ignore[union-attr]


def settle() -> None:
    """Sends what waits now, for who must know that it is done."""
    db = _db()
    waiting = _taken(db)
    if waiting:
        _enter(db)
        with db.wrap_database_errors:
            _send(db.connection, _counted(db, [*_begun(db), *waiting]))


def afterwards(statement: Callable[[], Statement]) -> bool:
    """A statement for right after the COMMIT, in the same trip; made then. False if no `whole` takes it along."""
    lane = _lane(_db())
    if lane is not None and lane.commits:
        lane.after.append(statement)
        return True
    return False


class whole:
    """Inside, statements that need no answer wait. At the end they go out, and with them the COMMIT.

    Stands directly within the transaction of a write. Any other statement of Django's sends first what waits.
    `wrote`: by statement, how many rows of those that travelled with the COMMIT it wrote; known once that is over.
    """

    def __init__(self) -> None:
        self.waiting: list[Statement] = []
        self.after: list[Callable[[], Statement]] = []
        self.commits = False
        self.wrote: Counter[str] = Counter()

    def __enter__(self) -> "whole":
        db = _db()
        # Within another transaction (a savepoint) the commit is not ours.
        self.commits = len(db.savepoint_ids) == 0
        db._jiedao_lane = self
        db.execute_wrappers.append(_first_what_waits)
        return self

    def __exit__(self, kind: Any, *fault: Any) -> None:
        db = _db()
        db._jiedao_lane = None
        db.execute_wrappers.remove(_first_what_waits)
        if kind is None and (self.waiting or self.commits):
            _enter(db)
            with db.wrap_database_errors:
                after = [made() for made in self.after]
                waiting = _counted(db, [*_begun(db), *self.waiting])
                results = _send(db.connection, waiting, commit=self.commits, after=after)
            for (sql, _), result in zip(waiting, results, strict=False):
                self.wrote[sql] += result.command_tuples or 0


def is_open() -> bool:
    """Whether this thread is inside `whole`."""
    return _lane(_db()) is not None


def _lane(db: Any) -> whole | None:
    return getattr(db, "_jiedao_lane", None)


def _taken(db: Any) -> list[Statement]:
    lane = _lane(db)
    if lane is None or not lane.waiting:
        return []
    waiting, lane.waiting = lane.waiting, []
    return waiting


def _first_what_waits(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    db = context["connection"]
    # Entering the district is a statement too, and must come before what was meant for it.
    waiting = [] if db._setting_search_path else _taken(db)
    if waiting:
        # Django turns faults of its own statement into its own errors, not those of a wrapper around it.
        with db.wrap_database_errors:
            _send(db.connection, _counted(db, [*_begun(db), *waiting]))
    return execute(sql, params, many, context)


def _counted(db: Any, statements: list[Statement]) -> list[Statement]:
    """Puts them on Django's list of queries while somebody keeps one: tests count every statement, ours too."""
    if db.queries_logged:
        db.queries_log.extend({"sql": sql, "time": "0"} for sql, _ in statements)
    return statements


def _enter(db: Any) -> None:
    """Django's own cursor opens the connection and enters the district's schema."""
    if db.connection is None or not db.search_path_set_schemas:
        db.cursor().close()
    db.validate_no_broken_transaction()


def _begun(db: Any) -> list[Statement]:
    idle = db.connection.pgconn.transaction_status == TransactionStatus.IDLE
    return [("BEGIN", ())] if idle and not db.connection.autocommit else []


def _send(
    connection: psycopg.Connection,
    statements: list[Statement],
    *,
    commit: bool = False,
    after: Sequence[Statement] = (),
) -> list[Any]:
    """Sends statements in one trip and gives their results. A fault of one stops the others, but for those after."""
    # Told before the trip begins: a value that cannot be told must not leave the connection half-way through one.
    statements, after = _texts(statements), _texts(after)
    if commit:
        statements.append(("COMMIT", ()))
    if len(statements) == 1 and not after:
        return [_checked(_alone(connection, *statements[0]))]
    server, fresh = connection.pgconn, dict[str, bytes]()
    server.enter_pipeline_mode()
    prepared = [_queue(connection, sql, values, fresh) for sql, values in statements]
    server.pipeline_sync()
    learned = [dict[str, bytes]() for _ in after]
    for (sql, values), names in zip(after, learned, strict=True):
        _queue(connection, sql, values, names)
        server.pipeline_sync()
    own, *late = hearing.answers(server, 1 + len(after))
    server.exit_pipeline_mode()
    for result in own:
        _checked(result)
    if commit and own[-1].command_status != b"COMMIT":
        # A transaction that had failed before answers COMMIT with ROLLBACK, and calls that success.
        raise psycopg.errors.InFailedSqlTransaction("the transaction was rolled back")
    _names(connection).update(fresh)
    for group, names in zip(late, learned, strict=True):
        faults = [result.error_message for result in group if result.status not in GOOD]
        if faults:
            log.warning("not told after the commit: %s", faults[0])
        else:
            _names(connection).update(names)
    answers = iter(own)
    return [_second(answers) if is_new else next(answers) for is_new in prepared]


def _second(answers: Iterator[Any]) -> Any:
    """Of a statement that was prepared on the way the first answer only says so."""
    next(answers)
    return next(answers)


def _texts(statements: Sequence[Statement]) -> list[Statement]:
    return [(sql, [None if value is None else told(value) for value in values]) for sql, values in statements]


GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def _alone(connection: psycopg.Connection, sql: str, values: Sequence[Any]) -> Any:
    names, server = _names(connection), connection.pgconn
    name = names.get(sql)
    if name is None:
        name = _next_name(connection)
        server.send_prepare(name, sql.encode())
        _checked(hearing.answer(server))
        names[sql] = name
    server.send_query_prepared(name, values)
    return hearing.answer(server)


def _queue(connection: psycopg.Connection, sql: str, values: Sequence[Any], fresh: dict[str, bytes]) -> bool:
    """Adds a statement to the trip and says whether it is prepared on it.

    What is prepared is remembered only once the trip has come back whole.
    """
    server = connection.pgconn
    if not values:
        server.send_query_params(sql.encode(), None)
        return False
    name = _names(connection).get(sql) or fresh.get(sql)
    is_new = name is None
    if name is None:
        name = fresh[sql] = _next_name(connection)
        server.send_prepare(name, sql.encode())
    server.send_query_prepared(name, values)
    return is_new


def _names(connection: psycopg.Connection) -> dict[str, bytes]:
    names: dict[str, bytes] = connection.__dict__.setdefault("_jiedao_prepared", {})
    return names


def _next_name(connection: psycopg.Connection) -> bytes:
    """Never one that was tried before: a PREPARE that failed half-way may or may not have happened."""
    number = connection.__dict__["_jiedao_names"] = connection.__dict__.get("_jiedao_names", 0) + 1
    return b"jiedao_%d" % number


def _checked(result: Any) -> Any:
    if result.status in GOOD:
        return result
    if not result.error_field(DiagnosticField.SQLSTATE):
        # libpq's own word, not the server's: without a code it would look like a fault of ours, a 500 and no 503.
        raise psycopg.OperationalError(hearing.LOST)
    raise psycopg.errors.error_from_result(result)


class _Types:
    """psycopg's own readers, not those that Django puts on a connection for itself."""

    adapters = AdaptersMap(psycopg.adapters)
    connection = None


set_json_loads(msgspec.json.decode, _Types)  # type: ignore[arg-type]


def _reader(connection: psycopg.Connection) -> Transformer:
    found: Transformer = connection.__dict__.get("_jiedao_reader") or Transformer(_Types)  # type: ignore[arg-type]
    connection.__dict__["_jiedao_reader"] = found
    return found


def _rows(result: Any) -> Answer:
    columns = range(result.nfields)
    return [tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def told(value: Any) -> bytes:
    """A value in PostgreSQL's own text, which the server reads by the type of the column."""
    tell = _TOLD.get(type(value))
    return tell(value) if tell else _string(str(value))


def _string(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("text holds NUL")
    return value.encode()


_TOLD: dict[type, Callable[[Any], bytes]] = {
    str: _string,
    UUID: lambda value: value.hex.encode(),
    datetime: lambda value: value.isoformat().encode(),
    date: lambda value: value.isoformat().encode(),
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    float: lambda value: repr(value).encode(),
    bytes: lambda value: b"\\x" + value.hex().encode(),
    dict: msgspec.json.encode,
    list: lambda value: ("{" + ",".join(str(one) for one in value) + "}").encode(),
}
"""Lists are of ids or numbers: no element needs quoting. A list that goes into JSON is told as text by who writes it."""
