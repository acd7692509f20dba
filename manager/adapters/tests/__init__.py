"""Tests of the adapters; one contract suite for each port."""
