"""The RFM rules page: segments by rules on RFM scores.

Start with `view`; `cached` computes, `parts` draws, `editor` changes a map.
"""
