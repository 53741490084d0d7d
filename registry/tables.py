"""Every table of the product, gathered for the migrations; importing it imports all models."""

from registry.access import models as _access
from registry.accounts import models as _accounts
from registry.codes import models as _codes
from registry.core import http as _http
from registry.core.types import Base
from registry.goals import models as _goals
from registry.imports import models as _imports
from registry.investments import models as _investments
from registry.releases import models as _releases
from registry.revisions import models as _revisions
from registry.statistics import models as _statistics
from registry.statistics.protection import models as _protection
from registry.trainees import models as _trainees

MODULES = (
    _access,
    _accounts,
    _codes,
    _goals,
    _http,
    _imports,
    _investments,
    _protection,
    _releases,
    _revisions,
    _statistics,
    _trainees,
)
metadata = Base.metadata
