"""The area's views, gathered; importing them declares them."""

from __future__ import annotations

from registry.web.public import figures, front, goal, method, releases
from registry.web.public.area import public

blueprints = (public,)
views = (front, goal, figures, releases, method)
