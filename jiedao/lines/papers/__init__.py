"""Papers (文书): what was printed, as it was printed."""
