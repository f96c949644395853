"""The Customer page: one customer's history, prediction and reasons.

A customer id and a scored dataset come in; charts and sentences go out. Start with `view`. `cached` computes; the
others draw: `why` the reasons, `total` the sum of contributions, `what_if` the sliders.
"""
