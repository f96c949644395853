"""The Drivers page: what drives a model's predictions.

A stored drivers result comes in; importance, agreement and single inputs go out. Start with `view`; `cached` computes,
`parts` and `closer` draw.
"""
