"""The report in a browser, made again whenever a file changes."""
