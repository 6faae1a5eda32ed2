"""Functions that are sent to the target: each stands alone and takes and returns plain data."""
