"""What a school costs on AWS: a price book, a pure cost model, and the architecture document's figures worked out again."""
