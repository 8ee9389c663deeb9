"""Template tags (模板标签) of the pages."""
