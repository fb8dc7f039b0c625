"""From an order to pictures: the pipeline, the running sets, and the functions of the original design."""
