"""The Clusters page: choose how many segments, and adopt them.

Start with `view`; `cached` computes, `parts`, `scatter` and `cluster_profiles` draw, `adopt_segments` changes the model.
"""
