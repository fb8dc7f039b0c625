"""The car's geometry: from a shape's numbers to meshes by material."""
