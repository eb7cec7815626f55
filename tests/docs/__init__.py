"""Documentation and lecture: every example runs, every name is on a page."""
