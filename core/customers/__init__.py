"""Facts about each customer before a date.

Orders and returns go in as Ibis tables; one row per customer comes out, or tables of cohorts, activity and rhythm.
Start with `rfm`; `features` has the inputs of models.
"""
