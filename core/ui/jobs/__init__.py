"""The Jobs page: running and past jobs.

Start with `parts`; progress that other pages show is in `core.ui.shared.job_progress`.
"""
