"""Generate: describe a car, pick the angles, watch its views arrive."""

from carimg.ui.generate.board import board
from carimg.ui.generate.empty import nothing_yet
from carimg.ui.generate.form import order_form
from carimg.ui.panes import form_and_result
from carimg.ui.session import opened_set, words

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
