"""Scores (评分): figures derived from the record by rules that are data; re-runnable, never incremented."""
