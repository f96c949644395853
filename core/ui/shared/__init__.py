"""The parts that two or more pages share.

Start with `frame`, the layout of a page, then `view`, the dataset in view.
"""
