"""Duties (职责清单): what each level must do, by whom, within which time; what is not on the list does not get in."""
