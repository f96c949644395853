"""The card of a stored model: its training, accuracy and limits.

Takes a stored model and its training; returns a document. Start with `model_card`.
"""
