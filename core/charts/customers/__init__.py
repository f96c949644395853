"""Charts of customers: one alone, and how their values are distributed.

A tidy frame goes in, a figure comes out. Start with `value_histograms`.
"""
