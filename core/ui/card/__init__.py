"""The Model card page: how well a model predicts.

A stored model comes in; its accuracy, weak groups and limits go out. Start with `view`; `cached` computes, `parts`
draws.
"""
