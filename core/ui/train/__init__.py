"""The Train page: train models and compare them.

Start with `view`, the settings asked for, then `run`; `parts`, `tabs` and `balancing` draw, `trained_models` lists.
"""
