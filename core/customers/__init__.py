"""Figures of each customer known before a date."""
