"""Benchmarks (性能测量): how fast the road is on this machine, as ratios to pgbench on the same server in the same run."""
