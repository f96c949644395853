"""Recognition of columns and values: roles, dates, decimal marks, currencies, statuses, ids.

Headers and samples go in; a meaning, or a question, comes out. Start with `column_mapping`.
"""
