"""The platform's elements, one file each. Stacks put them together."""
