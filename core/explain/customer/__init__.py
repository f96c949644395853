"""The explanation of one customer.

Takes a customer's row; returns the steps of a waterfall, similar customers and what-ifs. Start with `steps`.
"""
