"""Processes (流程): a district changes its procedures as drafts, tries them on last month, and a second person publishes."""
