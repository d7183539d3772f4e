"""One runnable file for each performance goal of docs/performance.md: `python -m benchmarks.append --rounds 7`."""
