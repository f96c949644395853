"""Clustering of customers.

A snapshot goes in; centroids come out. Start with `scaling` and `kmeans`; `fitting` creates the segment model.
"""
