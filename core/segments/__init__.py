"""Named groups of customers under a frozen, versioned model.

A snapshot of customers goes in; a segment model and each customer's segment come out. Start with `segment_model`, then
`segment_registry`, where models are stored.
"""
