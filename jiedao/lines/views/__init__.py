"""Saved views (常用视图): what somebody asks of a list again and again, under a name of their own."""
