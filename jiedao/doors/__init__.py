"""Doors (入口): pages, programs and devices come in here; each calls one verb and answers."""
