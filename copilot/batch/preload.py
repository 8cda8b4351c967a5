"""What the server does before it forks worker processes: importing this module is all of it.

Nothing here may leave a thread behind, which would not be there in a forked process.
"""

import os
from contextlib import suppress

from copilot.batch.processes import ONE_THREAD

os.environ.update(ONE_THREAD)

from pydantic import ValidationError

from copilot.batch.work import plain_reviewer
from copilot.errors import CopilotError

with suppress(CopilotError, ValidationError):  # the worker that needs it says what is wrong
    plain_reviewer()
