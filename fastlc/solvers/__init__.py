"""Solvers: arrays in, arrays out. Labels of any kind, files and scikit-learn's API are their callers' business."""
