"""The kind `vscode`: code-server for the browser, with the student's home bound at the claim."""
