"""Exports (导出): lists that were asked for, made by a job, kept for some days; each in the ledger."""
