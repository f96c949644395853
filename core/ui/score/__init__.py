"""The Score page: one customer's prediction from a form.

Start with `view`, the answer; `form_inputs` and `order_history` ask, `parts` and `beyond` draw.
"""
