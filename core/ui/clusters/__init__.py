"""The Clusters page: choose the number of segments, and adopt them.

A snapshot comes in; charts of every choice, or a new segment model, go out. Start with `view`; `cached` computes,
`parts`, `scatter` and `cluster_profiles` draw, `adopt_segments` changes the model.
"""
