"""Charts of why a model predicts what it does.

Contributions of drivers go in, a figure comes out. Start with `waterfall`.
"""
