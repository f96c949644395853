"""Plotly charts of every page.

A tidy frame comes in, a figure goes out; no chart runs a query or fits a model. One folder a topic, one module a chart.
Start with `theme`, then `segments.treemap` as an example.
"""
