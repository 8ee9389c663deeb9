"""Lists (清单管理): how a published list is changed: the papers of a change, its trial, its gaps, questions about powers."""
