"""Clusters of customers.

A snapshot goes in; centroids come out. Start with `scaling` and `kmeans`; `fitting` makes the segment model.
"""
