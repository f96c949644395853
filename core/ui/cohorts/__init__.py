"""The Cohorts page: retention and revenue by month of first order.

Cohorts from `core.ui.caching.cached_explore` come in; a headline, figures and charts go out. Start with `parts`, the
only module.
"""
