"""The kind `vscode`: code-server for the browser, ready warm, with the student's home bound at the claim."""
