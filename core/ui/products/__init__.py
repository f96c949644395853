"""The Products page: best sellers, first purchases, returns and baskets.

A stored products result comes in; rankings and charts go out. Start with `view`; `cached` computes, `parts` and
`baskets` draw.
"""
