"""Web (网页): server-rendered pages for every desk, for residents and for phones."""
