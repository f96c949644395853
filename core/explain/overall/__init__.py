"""Drivers of a model over all customers.

Takes a stored model; returns importance, dependence and agreement. Start with `job`.
"""
