"""The job queue: jobs as rows of the catalog that workers claim and run.

Start reading with `job_records`, then `job_worker`.
"""
