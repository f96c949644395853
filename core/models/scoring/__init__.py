"""Current predictions, for all customers or for one.

Takes a model and customers, and returns outlooks. Start with `scoring_models`, then `outlook`.
"""
