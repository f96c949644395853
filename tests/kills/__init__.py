"""Hundreds of kills: `python -m tests.kills FOLDER` prints what they left; read `lane` first.

What comes in is a seed, what goes out a table: which work was killed how often, at random or at a write, and what was
found lost, doubled or left over afterwards.
"""
