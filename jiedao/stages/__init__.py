"""Stages (环节): the road of a case, left to right, one file each. They never import one another."""
