"""The card of a stored model: how it was trained, how good it is, and where not to trust it.

A stored model and its training go in; a document comes out. Start with `model_card`.
"""
