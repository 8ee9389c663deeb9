"""Terms (词表): the words in which districts differ: kinds of staff, posts, rights, matters. Data, never constants."""
