"""The stored forecast of every customer of a dataset, with reasons.

Takes a dataset and a model, and stores a table for pages to query. Start with `job`, then `outlook_queries`.
"""
