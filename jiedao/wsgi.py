"""The pages and the API under WSGI (网页与接口); granian serves it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
pages = get_wsgi_application()

from jiedao.doors.api.lane import with_lane  # noqa: E402 -- after setup
from jiedao.doors.watch.answers import watched  # noqa: E402 -- after setup

application = watched(with_lane(pages))
