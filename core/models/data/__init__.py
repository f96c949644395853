"""Training data for models: what was known of each customer at a date.

Takes orders, and returns panels of inputs and outcomes and their folds. Start with `panel`.
"""
