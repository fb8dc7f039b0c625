"""The offline studio: a parametric 3D car, painted, lit and rendered. Knows no brand, engine or page.

Ask `workers.RenderPool` for pictures; `render.Stage` draws in this very process (and loads Mitsuba for it).
"""
