"""Cleaning of raw tables into order lines and orders.

A raw table and a plan go in; lines that count, and the reason for excluding each other one, come out. Start with
`read_plan`, then `parsing` and `exclusion_reasons`.
"""
