"""The benchmark: how fast and how exact SegSHAP is beside its peers, on one machine in one run."""
