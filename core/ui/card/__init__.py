"""The Model card page: how well a model predicts.

Start with `view`; `cached` computes, `parts` draws.
"""
