"""The Movement page: customers who changed segment between two dates.

Two dates come in; flows, causes and a list of customers go out. Start with `view`; `cached` computes, `parts` draws.
"""
