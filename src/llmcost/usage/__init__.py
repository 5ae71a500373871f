"""Usage logs: what the traffic really is.

One way through: log files, a reader for their format, calls in disjoint buckets, the cube of
integer sums, and from the cube every figure: profile, prices, streams for the architectures.
"""
