"""Jobs of the Products and Profile pages that read order lines.

A version and a filter go in; stored results come out. Start with `products_job`.
"""
