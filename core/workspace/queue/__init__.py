"""Long work as rows of the catalog: queued, claimed, run, recorded.

A job goes in, its result and how it ended come out. Start with `job_records`, then `job_worker`.
"""
