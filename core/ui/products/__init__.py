"""The Products page: best sellers, first purchases, returns and baskets.

Start with `view`; `cached` computes, `parts` and `baskets` draw.
"""
