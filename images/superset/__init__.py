"""The kind `superset`: Apache Superset for one student, forked off a prefork template, with a home of SQLite files."""
