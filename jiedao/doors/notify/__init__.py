"""Notices (通知): what happened to a case, told to the posts it concerns."""
