"""Exact contributions of every input to one prediction.

A model and rows go in; contributions that add up come out. Start with `explainer`.
"""
