"""The PostgreSQL of the tests: the one that the benchmark measures on."""

from pos.bench.cluster import Cluster as Cluster
from pos.bench.cluster import programs as programs
