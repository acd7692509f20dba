"""The processes of the workspace manager: settings are parsed here, once."""
