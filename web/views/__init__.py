"""The readers' door: pages made from revisions, and from nothing else."""
