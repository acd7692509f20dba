"""What a school costs on AWS: prices, a pure cost model, and the document's figures."""
