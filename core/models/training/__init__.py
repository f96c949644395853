"""Training, backtesting and storing models.

A dataset and a spec go in; stored models and their leaderboards come out. Start with `suite`, then `job`.
"""
