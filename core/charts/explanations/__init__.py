"""Charts that explain a model's predictions.

Contributions of drivers go in, a figure comes out. Start with `waterfall`.
"""
