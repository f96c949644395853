"""The Cohorts page: retention and revenue by month of first order.

Start with `parts`.
"""
