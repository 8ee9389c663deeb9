"""Watching (运行监测): what an installation says of itself, and the alarms that follow from it."""
