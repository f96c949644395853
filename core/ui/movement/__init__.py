"""The Movement page: who changed segment between two dates.

Start with `view`; `cached` computes, `parts` draws.
"""
