"""What presses (紧急顺序): which cases of a list stand on a page, in the one default order of every list.

Overdue longest first; then what runs, by severity and due time; what has nothing running comes last. Each of the three
is asked only as far as the page reaches: sorting the whole list for fifty rows cost forty times as much.
"""

from jiedao.record.queries.scope import Params

_PICKED = """
late AS MATERIALIZED (
  SELECT c.id, c.severity, c.due_at FROM record_case c
  WHERE {where} AND c.phase <> 'closed' AND c.due_at < %s
  ORDER BY c.due_at, c.severity DESC, c.id LIMIT %s),
running AS MATERIALIZED (
  SELECT c.id, c.severity, c.due_at FROM record_case c
  WHERE (SELECT count(*) FROM late) < %s AND {where} AND c.phase <> 'closed' AND c.due_at >= %s
  ORDER BY c.severity DESC, c.due_at, c.id LIMIT %s),
quiet AS MATERIALIZED (
  SELECT c.id, c.severity, c.due_at FROM record_case c
  WHERE (SELECT count(*) FROM late) + (SELECT count(*) FROM running) < %s
    AND {where} AND (c.phase = 'closed' OR c.due_at IS NULL)
  ORDER BY c.severity DESC, c.id LIMIT %s),
picked AS (
  SELECT id, row_number() OVER (ORDER BY turn, CASE turn WHEN 1 THEN due_at END, severity DESC, due_at, id) AS nth
  FROM (SELECT 1 AS turn, * FROM late UNION ALL SELECT 2, * FROM running UNION ALL SELECT 3, * FROM quiet) every
  ORDER BY nth LIMIT %s OFFSET %s)
"""
# What an index has found by words is found once and sorted whole; asked three times, it cost three times.
_OF_FEW = """
held AS MATERIALIZED (SELECT c.id, c.severity, c.due_at, c.phase FROM record_case c WHERE {where}),
turned AS (
  SELECT id, severity, due_at,
    CASE WHEN phase = 'closed' OR due_at IS NULL THEN 3 WHEN due_at < %s THEN 1 ELSE 2 END AS turn FROM held),
picked AS (
  SELECT id, row_number() OVER (ORDER BY turn, CASE turn WHEN 1 THEN due_at END, severity DESC, due_at, id) AS nth
  FROM turned ORDER BY nth LIMIT %s OFFSET %s)
"""
_SORTED = """
picked AS (
  SELECT c.id, row_number() OVER (ORDER BY {order}) AS nth FROM record_case c WHERE {where}
  ORDER BY {order} LIMIT %s OFFSET %s)
"""


def pressing(where: str, params: Params, at: object, size: int, offset: int) -> tuple[str, Params]:
    """The part of a statement that gives `picked (id, nth)`: one page in the default order."""
    reach = size + offset
    values = [*params, at, reach, reach, *params, at, reach, reach, *params, reach, size, offset]
    return _PICKED.format(where=where), values


def of_few(where: str, params: Params, at: object, size: int, offset: int) -> tuple[str, Params]:
    """The same for a list that an index narrows: all of it is looked at, once."""
    return _OF_FEW.format(where=where), [*params, at, size, offset]


def sorted_by(order: str, where: str, params: Params, size: int, offset: int) -> tuple[str, Params]:
    """The same in another order, of columns of the case `c`."""
    return _SORTED.format(where=where, order=order), [*params, size, offset]
