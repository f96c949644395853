"""The parts that two or more pages share.

A dataset and URL parameters come in; headers, filters, tables and progress go out. Start with `frame`, the layout of a
page, then `view`, the dataset in view.
"""
