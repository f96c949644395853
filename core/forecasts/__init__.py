"""The stored forecast of every customer of a dataset, with reasons.

A dataset and a model go in; a table that pages query comes out. Start with `job`, then `outlook_queries`.
"""
