"""Against others: PyTorch, scikit-learn, SymPy."""
