"""Reading the home's files for somebody who looks at them in the portal."""
