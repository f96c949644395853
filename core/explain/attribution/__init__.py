"""Exact contributions of every input to one prediction.

Takes a model and rows; returns contributions that add up. Start with `explainer`.
"""
