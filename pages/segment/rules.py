"""Rule-based segments: RFM scores and a map from scores to segment names."""

import streamlit as st

from core.ui.rules import editor as rules_editor
from core.ui.rules import parts as rules_parts
from core.ui.rules.view import ALL, choose, sentence
from core.ui.shared import frame, state
from core.ui.shared.view import current

view = current()
rules = choose(view)
frame.header("RFM rules", sentence(view, rules), simulated=view.dataset.simulated)

if not rules.check.sound:
    rules_editor.draft()
    rules_editor.editor(view, rules)
    st.stop()

names, levels = rules.rfm_map.segments, [str(score + 1) for score in range(rules.rfm_map.scores.levels)]
wanted, _ = state.choice(state.RFM_SEGMENT, [ALL, *names], ALL)
segment = None if wanted == ALL else wanted
cell, _ = state.choice(state.RFM_CELL, ["", *(r + f for r in levels for f in levels)], "")

rules_parts.figures(view, rules)
rules_parts.grids(view, rules, segment, cell or None)
rules_parts.segments(view, rules, segment)
rules_parts.cut_offs(view, rules)
rules_parts.against_model(view, rules)
rules_parts.customers(view, rules, segment, cell or None)
rules_editor.editor(view, rules)
frame.next_step("pages/segment/segments.py", "Next: see segments found in the data", "arrow_forward")
