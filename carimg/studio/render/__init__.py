"""The picture: camera, light, materials, path tracing, and the passes beside it."""
