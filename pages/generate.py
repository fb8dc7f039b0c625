"""Generate: describe a car, pick the angles, watch its views arrive."""

from carimg.ui.board import board
from carimg.ui.core import opened_set, words
from carimg.ui.empty import nothing_yet
from carimg.ui.form import order_form
from carimg.ui.panes import form_and_result

t = words()
form, result = form_and_result()
with form:
    order_form(t)
with result:
    set_id = opened_set()
    if set_id:
        board(set_id)
    else:
        nothing_yet(t)
