"""Netquarium's house: each room imports only the rooms above it in docs/architecture.md."""
