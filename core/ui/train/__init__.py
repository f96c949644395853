"""The Train page: train models and compare them.

Settings come in; a training job, leaderboards and curves go out. Start with `view` (the settings), then `run`. `parts`,
`tabs` and `balancing` draw, `trained_models` lists.
"""
