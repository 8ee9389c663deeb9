"""Conditions (清单条件): what the lists of desks ask of a case `c`, as SQL."""

from jiedao.record.queries.scope import OPEN_ORDER

# Named one by one, the open phases use the index over phase and due time; "not closed" cannot.
OPEN = "c.phase = ANY('{intake,triage,dispatch,resolution,verification}')"

QUESTIONS = f"""{OPEN} AND c.id IN (
  SELECT o.case_id FROM record_dispatchorder o WHERE {OPEN_ORDER} AND (
    (o.extension_asked_at IS NOT NULL AND o.extension_decided_at IS NULL)
    OR (o.objected_at IS NOT NULL AND o.ruled_at IS NULL)))"""

NOT_OURS = """NOT EXISTS (SELECT 1 FROM record_dispatchorder o WHERE o.case_id = c.id
  AND ((o.unit_id = ANY(%s::uuid[]) AND o.returned_at IS NULL AND o.recalled_at IS NULL) OR o.answered_by = %s))"""

# Spoken with since the last reply, or rung as often as the rule says: nobody is rung again.
NOT_CHECKED = """NOT EXISTS (SELECT 1 FROM record_check k WHERE k.case_id = c.id AND k.at >= coalesce(
  (SELECT max(o.answered_at) FROM record_dispatchorder o WHERE o.case_id = c.id), c.opened_at))"""
"""Nobody has checked it since it was last answered: a check waits for its decision."""
NOT_SPOKEN = """NOT EXISTS (SELECT 1 FROM record_rating g WHERE g.case_id = c.id AND g.by = 'callback'
  AND g.at >= (SELECT max(o.answered_at) FROM record_dispatchorder o WHERE o.case_id = c.id)
  HAVING bool_or(g.reached) OR count(DISTINCT g.entry_id) >= %s)"""

SOON = f"""{OPEN} AND c.due_at >= %s AND c.id IN (SELECT r.case_id FROM record_deadline r
  WHERE r.stopped_at IS NULL AND r.paused_since IS NULL AND r.soon_at <= %s AND r.due_at >= %s)"""

UNCONTACTED = f"""{OPEN} AND c.id IN (SELECT r.case_id FROM record_deadline r
  WHERE r.name = 'contacted' AND r.stopped_at IS NULL AND r.paused_since IS NULL AND r.due_at < %s)"""

SILENT = """c.phase IN ('dispatch', 'resolution') AND EXISTS (SELECT 1 FROM record_deadline r
  WHERE r.case_id = c.id AND r.stopped_at IS NULL AND r.paused_since IS NULL
  AND %s > r.started_at + (r.due_at - r.started_at) / 2
  AND NOT EXISTS (SELECT 1 FROM record_entry e WHERE e.case_id = c.id AND e.actor <> 'system'
    AND e.at > %s - (r.due_at - r.started_at) / 2))"""

PAUSED = f"""{OPEN} AND c.id IN (SELECT r.case_id FROM record_pause p JOIN record_deadline r ON r.id = p.deadline_id
  WHERE p.until IS NULL AND r.stopped_at IS NULL AND p.cap_at < %s)"""
