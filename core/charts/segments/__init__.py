"""Charts of segments: sizes, revenue, growth, movement and the choice of their number.

A frame with one row per segment goes in, a figure comes out. Start with `treemap`.
"""
