"""Python around the kernels: arguments, training, optimisers, data, plots, the command line."""
