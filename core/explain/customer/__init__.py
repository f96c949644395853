"""The explanation of one customer.

A customer's row goes in; steps of a waterfall, similar customers and what-ifs come out. Start with `steps`.
"""
