"""Tidy frame in, Plotly figure out."""
