"""Lines (业务): things a case does not have. They meet in the record and never import one another."""
