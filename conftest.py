"""For this project's own tests: pytest's plugin for testing plugins."""

pytest_plugins = ["pytester"]
