"""The kind `superset`: Apache Superset for one student, with a home of SQLite files."""
