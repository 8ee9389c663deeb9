"""The database (数据库): our own PostgreSQL server for a laptop, the roles, and the checks before a start."""
