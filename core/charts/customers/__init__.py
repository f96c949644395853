"""Charts of customers: a single one, and distributions over all.

A tidy frame goes in, a figure comes out. Start with `value_histograms`.
"""
