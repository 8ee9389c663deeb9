"""Places (地): the tree of areas a district is divided into, and finding the one a point lies in."""
