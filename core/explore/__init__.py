"""What the Products and Profile pages must go back to lines for, as jobs.

A version and a filter go in; stored results come out. Start with `products_job`.
"""
