"""A student's way back in time: checkpoints of their home, its files of then, putting them back."""
