"""Tests (测试): on a real PostgreSQL, as the web role, on copies of one template database."""
