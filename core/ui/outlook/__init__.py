"""The Outlook page: what each customer is expected to do next.

Start with `view`; `parts` and `table` draw.
"""
