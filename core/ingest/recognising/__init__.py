"""Recognition of columns and values: roles, dates, decimal marks, currencies, statuses, ids.

Headers and samples go in; an interpretation, or a question for the user, comes out. Start with `column_mapping`.
"""
