"""Jiedao (街道): a platform for street-level government. The layers are the folders; imports only go down."""

__version__ = "0.1.0"
