"""Packages (区包): a district as data, in YAML and GeoJSON, read, checked and written as rows."""

from jiedao.doors.package.load import Plan, load, plan

__all__ = ["Plan", "load", "plan"]
