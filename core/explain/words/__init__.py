"""Reasons as sentences.

Contributions and facts go in; sentences come out. Start with `reason_sentences`.
"""
