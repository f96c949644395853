"""Long work: what runs, what waits, and how the rest ended."""

import streamlit as st

from core.ui import frame, jobs_parts

running, ended = jobs_parts.read()

frame.header("Jobs", jobs_parts.sentence(running, ended), simulated=False)
jobs_parts.say_if_no_worker()

if not running and not ended:
    jobs_parts.explain()
if running:
    jobs_parts.show_running(running)
if ended:
    if lost := [job for job in ended if job.can_retry and job.replaced_by is None]:
        st.subheader("What did not work out", anchor=False)
        jobs_parts.show_lost(lost)
    st.subheader("History", anchor=False)
    jobs_parts.show_history(ended)
    jobs_parts.say_how_long()

jobs_parts.next_step(ended)
