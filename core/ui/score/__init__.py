"""The Score page: one customer's prediction from a form.

Four numbers or an order history come in; a prediction with intervals goes out. Start with `view`, the answer.
`form_inputs` and `order_history` draw the form, `parts` and `beyond` the prediction.
"""
