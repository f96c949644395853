"""What is known of customers at a date, as models take it.

Orders go in; panels of inputs and outcomes, and folds of them, come out. Start with `panel`.
"""
