"""Proof (证明): the promises of docs/proof.yaml, what the tests said of them last, and the page made of both."""
