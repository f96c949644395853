"""Charts of revenue, cohorts, products and data quality.

A tidy frame goes in, a figure comes out. Start with `revenue_over_time`, the smallest.
"""
