"""Rehearsals (演练): days of a demo district, played with the real verbs under a moved clock; the same seed, the same days."""
