"""Kill tests: `python -m tests.kills FOLDER` kills processes and prints what they lost or left.

The seed determines the kills. The table lists, for each kind of work, the kills at random moments and at writes, and
the losses, duplicates and leftovers found. Start reading with `lane`.
"""
