"""One customer: profile, predictions, their reasons and what-if changes."""

import streamlit as st

from core.ui.customer import cached as cached_customer
from core.ui.customer import parts as customer_parts
from core.ui.customer import total
from core.ui.customer import view as customer_view
from core.ui.customer import why as customer_why
from core.ui.customer.what_if import what_if
from core.ui.shared import frame, scores
from core.ui.shared.view import current, fragment

view = current()
asked, folder, _top = scores.opened(view, "Customer")
looked = customer_view.choose(view, asked, folder)
if looked is None:
    st.stop()

frame.figures(customer_view.figures(looked))
customer_view.notes(looked)
question = customer_why.ask(looked)
left, right = st.columns([9, 11], gap="medium")
with left:
    customer_why.reasons(looked, question)
with right:
    found = cached_customer.taken_apart(
        view.key, looked.folder, looked.customer_id, question.outcome, question.output, view.money
    )
    customer_why.waterfall(looked, question, found)
total.table(looked, question, found)
customer_why.force(looked, question, found)
customer_parts.timeline(looked)
customer_parts.compared(looked)
fragment(what_if)(looked, question)
customer_parts.alike(looked)
customer_parts.next_steps(looked)
