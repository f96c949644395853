"""Background jobs: running, queued and finished."""

from core.ui.jobs import parts as jobs_parts
from core.ui.shared import frame, job_progress

running, last = jobs_parts.read()

frame.header("Jobs", jobs_parts.sentence(running, last), simulated=False)
job_progress.say_if_no_worker()

if not running and not last:
    jobs_parts.explain()
if running:
    jobs_parts.show_running(running)
if last:
    jobs_parts.show_lost()
    jobs_parts.show_history()
    jobs_parts.say_how_long()

jobs_parts.next_step()
