"""Drawing (模型状态): a new table in a migration costs one model drawn, and not every model that it leads to.

Django draws the models of a migration's state anew whenever one changes, and with a new one all that it points at,
near and far: here everything, for each of two hundred tables, which was half of what a new schema took. What is new has
no column that others need to know of, so it is drawn alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations.state import ProjectState


@contextmanager
def lean() -> Iterator[None]:
    """While it holds, a model that a migration creates is the only one drawn for it."""
    every = ProjectState._find_reload_model

    def found(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> Any:
        if model_name in state.apps.all_models.get(app_label, {}):
            return every(state, app_label, model_name, delay)
        return {(app_label, model_name)}

    with patch.object(ProjectState, "_find_reload_model", found):
        yield
