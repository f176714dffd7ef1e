"""Benchmarks: what the product costs in time, CPU and memory on this machine."""
