"""The oracle: a plain reference implementation of the counting rules.

It shares no code with the product and recomputes every figure from the facts, so that a test may
drive the product over HTTP, repeat each step here, and compare every number.

    world = World()                          # the clock stands at 2031-01-15, 09:00 in Seoul
    world.today = date(2026, 7, 1)           # or world.now = an aware datetime
    world.add_programme("PNU", "AI1", "convergence_graduate_school", "AI", "26410")
    done = world.enrol("PNU", "AI1", {"name": "Kim", "birth_date": date(1999, 3, 2),
                       "mobile": "010-1234-5678"}, date(2026, 3, 2), "completed",
                       date(2026, 6, 30))
    figures(world, "trainees", "trainees", by=("year", "zone"))      # {(2026, "CENTRAL"): 1}
    before = world.at(world.revision - 1)    # a snapshot: the facts as of that revision
    figures(before, "trainees", "trainees")  # {}
    world.revision_as_of(date(2026, 7, 1))   # the revision an ``as_of`` resolves to

* An operation applies wholly or raises ``Refusal`` (``.code``) and leaves everything as it was.
  One that changes something is one revision; one that changes nothing is none.
* ``with world.batch():`` puts the operations inside it into one revision (an imported file). A
  ``Refusal`` caught inside the block skips that row; one that leaves the block undoes all of it.
  Figures and lists asked inside the block are those of the revision before it.
* Ids are opaque strings. The caller may choose them (``new_id=``, ``trainee_id=``,
  ``contract_id=``) or take the ones that come back. Links that arise by themselves are numbered.
* In a patch, what is omitted (``UNSET``) stays as it is and ``None`` clears it.
* ``contributions()`` lists the attributed units (uniqueness already decided); ``figures()`` only
  filters and adds them up. Cells of value zero are absent; without ``by`` the one key is ``()``.
* When several refusals apply at once the oracle names one: content is looked at before state.
"""

from .codes import Codes, Instrument
from .facts import (
    UNSET,
    Enrolled,
    Enrolment,
    Invested,
    Investment,
    InvestorInput,
    Link,
    Programme,
    Refusal,
    Startup,
    Trainee,
    TraineeInput,
    Transaction,
)
from .figures import DIMENSIONS, MEASURES, Contribution, contributions, figures, total
from .world import Snapshot, World

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "UNSET",
    "Codes",
    "Contribution",
    "Enrolled",
    "Enrolment",
    "Instrument",
    "Invested",
    "Investment",
    "InvestorInput",
    "Link",
    "Programme",
    "Refusal",
    "Snapshot",
    "Startup",
    "Trainee",
    "TraineeInput",
    "Transaction",
    "World",
    "contributions",
    "figures",
    "total",
]
