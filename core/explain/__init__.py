"""Explanations of predictions.

Takes a model and rows of customers; returns contributions of drivers, sentences and tables. Start with `drivers`, then
`attribution.explainer`.
"""
