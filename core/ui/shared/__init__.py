"""The parts that two or more pages share.

A dataset and what the link says go in; headers, filters, tables and progress come out. Start with `frame`, the anatomy
of a page, and `view`, the dataset in view.
"""
