"""The Drivers page: which facts drive a model's predictions.

Start with `view`; `cached` computes, `parts` and `closer` draw.
"""
