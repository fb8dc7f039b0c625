"""What leaves the house: manifest, ZIP, contact sheets, pictures that carry their parameters, and the way back."""

from carimg.export.archive import archive
from carimg.export.file_names import grid_file_name, picture_file_name, set_file_name
from carimg.export.manifest import manifest
from carimg.export.parameters import picture_with_parameters
from carimg.export.recall import recall
from carimg.export.sheet import contact_sheet, grid_sheet

__all__ = [
    "archive",
    "contact_sheet",
    "grid_file_name",
    "grid_sheet",
    "manifest",
    "picture_file_name",
    "picture_with_parameters",
    "recall",
    "set_file_name",
]
