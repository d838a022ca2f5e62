"""Many SAEs, each measured by several analyses: in this process, in several, or on a cluster, with the same reports."""
