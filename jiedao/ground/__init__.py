"""Ground (底座): districts, places, people, duties and the journal; it does not know the word case."""
