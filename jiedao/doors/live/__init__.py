"""Live pages (实时): hints from the database to the pages that may see the case, as server-sent events."""
