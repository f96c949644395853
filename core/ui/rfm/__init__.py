"""The Customer value page: recency, frequency, money, and customers at risk.

Start with `parts`.
"""
