"""Training, backtesting and storing models.

Takes a dataset and a spec, and returns stored models and their leaderboards. Start with `suite`, then `job` and
`stored_training`.
"""
