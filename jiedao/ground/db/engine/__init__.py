"""The database engine (数据库引擎) that settings name; see `base`."""
