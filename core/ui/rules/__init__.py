"""The RFM rules page: segments by rules on RFM scores.

A snapshot and a rule map come in; scores, segments and an edited map go out. Start with `view`; `cached` computes,
`parts` draws, `editor` changes a map.
"""
