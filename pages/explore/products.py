"""The Products page: best sellers, first purchases, returns, and products bought together."""

from contextlib import suppress

import streamlit as st

from core.errors import TooLittleDataError
from core.ui.products import baskets
from core.ui.products import parts as products_parts
from core.ui.products import view as products_view
from core.ui.shared import frame
from core.ui.shared.filters import order_filter
from core.ui.shared.segments_view import segments_of
from core.ui.shared.view import current

view = current()
segments = None
with suppress(TooLittleDataError):
    segments = segments_of(view)
found = products_view.look(view, segments, order_filter(view, segments))

frame.header("Products", products_parts.sentence(found, view), simulated=view.dataset.simulated)
if not found.orders:
    st.info("No orders fit the filters; clear some in the sidebar.", icon=":material/filter_alt_off:")
    st.stop()
frame.figures(products_parts.figures(found, view))
products_parts.rankings(found, view)
products_parts.order_sizes(found, view)

if not found.named:
    st.info(
        "The data has no product names. Upload it again with a product column to see more here.",
        icon=":material/inventory_2:",
    )
    frame.next_step("pages/data/upload.py", "Upload orders with products", "upload")
    st.stop()
folder = products_view.made(view, found)
if folder is not None:
    st.subheader("First and second orders", anchor=False)
    baskets.first_orders(found, folder, view)
    st.subheader("Bought together", anchor=False)
    baskets.together(found, folder)
products_parts.returns(found, view)
products_parts.table(found, view)
frame.next_step("pages/segment/segments.py", "Next: view revenue by customer segment", "arrow_forward")
