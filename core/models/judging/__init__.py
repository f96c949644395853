"""Evaluation of predictions.

Takes predictions with actual outcomes, and returns metrics, curves and leaderboards. Start with `metrics`.
"""
