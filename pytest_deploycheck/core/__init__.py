"""The pure heart: no pytest, no input or output, no clock. It imports the standard library only."""
