"""The Cohorts page: retention and revenue by month of first order.

Cohorts from `caching.cached_explore` come in; a sentence, figures and charts go out. Start with `parts`, the only
module.
"""
