"""The Segments page: cards, charts and customers of each segment.

A segment model and its summary come in; charts, advice and a list of customers go out. Start with `parts`, the only
module.
"""
