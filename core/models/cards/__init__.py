"""The card of a model: what was stored with it, how it did at past dates, where it is weak, and what it cannot know."""
