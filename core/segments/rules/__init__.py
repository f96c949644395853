"""Rule-based segments from RFM scores.

A snapshot and a map go in; scores and segments come out. Start with `rfm_scores`, then `rule_maps`.
"""
