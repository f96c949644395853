"""Charts of predictions and of their accuracy.

Scored customers or metrics go in, a figure comes out. Start with `chance_bars`; `model_style` gives each model its
colour.
"""
