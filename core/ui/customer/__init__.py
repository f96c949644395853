"""The Customer page: one customer's history, prediction and reasons.

Start with `view`; `cached` computes, the others draw: `why` the reasons, `total` the sentences, `what_if` the sliders.
"""
