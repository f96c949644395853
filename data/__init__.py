"""The demo shop and the code that simulates it.

Settings come in (`shop.ShopSpec`), an order log in the format of Online Retail II goes out. Start with `simulate`.
"""
