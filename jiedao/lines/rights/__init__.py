"""Rights (职权): what a sub-district or community must be asked about, and what it answered."""
