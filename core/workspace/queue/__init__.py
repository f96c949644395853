"""The job queue: jobs as rows of the catalog that workers claim and run.

A kind and a spec come in; progress, and a result or an error, go out. Start with `job_records`, then `job_worker`.
"""
