"""The platform's elements, a file each: what one is made of, and what it needs from others. Stacks put them together."""
