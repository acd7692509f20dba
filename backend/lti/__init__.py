"""The school's learning platform (Moodle, Canvas) by LTI 1.3: launches, courses and marks."""
