"""The pages in the navigation, in order: name of the file in pages/ and icon. Only finished pages are here."""

FRONT = "generate"
"""The page at '/'; it is the first one."""
SHOWN = (
    ("generate", ":material/directions_car:"),
    ("consistency", ":material/fact_check:"),
    ("prompt_lab", ":material/science:"),
    ("compare", ":material/compare:"),
    ("history", ":material/photo_library:"),
    ("engines", ":material/memory:"),
)
