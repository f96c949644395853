"""Reasons as sentences.

Takes contributions and facts; returns sentences. Start with `reason_sentences`.
"""
