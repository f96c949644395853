"""The Outlook page: what each customer is expected to do next.

A stored forecast comes in; totals, charts and a list of customers go out. Start with `view`; `parts` and `table` draw.
"""
