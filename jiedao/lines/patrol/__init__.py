"""Patrol (巡查、勤务): shifts, positions of people on duty, who goes, groups, bad spots. No figure is about a person."""
