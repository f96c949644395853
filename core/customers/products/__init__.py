"""Product sales, first purchases, baskets and returns.

Lines and orders go in, one row per product comes out. Start with `sold_lines`, then `product_sales`.
"""
