"""The Jobs page: running and past jobs.

Job records come in; progress and actions go out. Start with `parts`; progress on other pages is in
`core.ui.shared.job_progress`.
"""
