"""Predictions of what each customer does next.

Orders come in; trained models, their evaluation and each customer's outlook go out. Start with `training.suite`. The
folders follow a model's life: `data`, `learners`, `judging`, `training`, `scoring`.
"""
