"""How good predictions are.

Predictions and what happened go in; metrics, curves and leaderboards come out. Start with `metrics`.
"""
