"""Raw tables as lines and orders.

A raw table and a plan go in; lines that count, and a reason for each that does not, come out. Start with `read_plan`,
then `parsing` and `row_reasons`.
"""
