"""What the parts of ApraNova say to each other: messages, error reasons and names."""
