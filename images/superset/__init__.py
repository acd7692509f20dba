"""The kind `superset`: Apache Superset for one student, forked off a warmed parent, with a home of SQLite files."""
