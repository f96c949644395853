"""The parts that two or more pages share.

A dataset and the address's parameters come in; headers, filters, tables and progress go out. Start with `frame`, the
anatomy of a page, then `view`, the dataset in view.
"""
