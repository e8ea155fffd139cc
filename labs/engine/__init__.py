"""Networks, containers, Swarm and events of one lab host's Docker Engine, behind our own frozen values.

Covers what a lab needs of an engine: deploying a `Lab`, reading back what is there, and following its events.
Leaves out images (they are in the engine before it starts), volumes, builds and Kubernetes. Nothing of the Docker
SDK leaves this room. The engine's socket lies inside a box whose root is a learner: every answer is data to judge.
"""
