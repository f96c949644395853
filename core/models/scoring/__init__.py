"""Predictions of today, for all customers or for one.

A stored model and customers go in; outlooks come out. Start with `scoring_models`, then `outlook`.
"""
