"""The models that predict one outcome, and the bundle of them.

Rows of a panel go in; fitted models come out. Start with `candidates`, then `predictor`.
"""
