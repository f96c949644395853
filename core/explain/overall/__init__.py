"""What drives a model over all customers.

A stored model goes in; importance, dependence and agreement come out. Start with `job`.
"""
