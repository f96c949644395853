"""Customer movement between segments and its causes.

Two snapshots under one model go in; transitions and causes come out. Start with `transitions`.
"""
