"""The first process in every task: guards the application, binds it to one student, tells the manager what it sees."""
