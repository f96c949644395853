"""The Segments page: cards, charts and customers of each segment.

Start with `parts`.
"""
