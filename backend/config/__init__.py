"""How the backend is put together: environment, settings, URLs, API, errors, health."""
