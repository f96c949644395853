"""Tests of what is known of customers."""
