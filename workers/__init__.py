"""RQ jobs, and the clock that sweeps what is due."""
