"""From the bytes of an iCalendar file to its events in UTC; the rules: docs/calendar-rules.md."""
