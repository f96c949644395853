"""Plotly charts of every page.

A tidy frame goes in, a figure comes out; charts never run queries or fit models. Folders group charts by topic, with
one module per chart. Start with `theme`, then `segments.treemap` as an example.
"""
