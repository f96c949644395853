"""The Customer value page: recency, frequency, spend, and customers at risk.

A snapshot comes in; distributions, concentration and a list of customers go out. Start with `parts`, the only module.
"""
