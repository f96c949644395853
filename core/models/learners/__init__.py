"""Models of one outcome each, and the predictor that bundles them.

Takes rows of a panel, and returns fitted models. Start with `candidates`, then `predictor`.
"""
