"""Admission (准入): the papers of who wants to pass work down, what came down with it, what lies on communities."""
