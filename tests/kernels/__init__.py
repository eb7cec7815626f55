"""Every function of the extension: values, bits, threads, memory. Left out where a wheel is tested."""
