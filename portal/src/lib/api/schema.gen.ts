// Generated from backend/openapi.json by `npm run generate`. Do not edit.

export interface paths {
    "/api/announcements/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the school tells you */
        get: operations["list_announcements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/announcements/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the school tells you, live (server-sent events)
         * @description `event: announcements` at once and at each change; comments.
         */
        get: operations["watch_announcements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/assignments/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your assignments
         * @description What your cohort has released.
         */
        get: operations["list_own_assignments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/assignments/{assignment_id}/check/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check your work now
         * @description On the folder as it is now. The answer comes with your assignments.
         */
        post: operations["run_own_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/assignments/{assignment_id}/returned/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Returned files, to save
         * @description As a zip: also while the workspace is stopped.
         */
        get: operations["download_own_returned_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/class/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The class that you are in
         * @description Its name, who teaches it, and when it meets next. Null when you are in none.
         */
        get: operations["get_own_class"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Cohorts
         * @description Those you teach; an admin sees all. Active ones first, at most 500.
         */
        get: operations["list_cohorts"];
        put?: never;
        /**
         * Create a cohort
         * @description An instructor who creates one teaches it. 409 when the name is taken.
         */
        post: operations["create_cohort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One cohort */
        get: operations["get_cohort"];
        put?: never;
        post?: never;
        /**
         * Delete a cohort
         * @description Students and their workspaces stay. 422 when the name is not the cohort's name.
         */
        delete: operations["delete_cohort"];
        options?: never;
        head?: never;
        /** Change a cohort */
        patch: operations["change_cohort"];
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Assignments */
        get: operations["list_assignments"];
        put?: never;
        /**
         * Hand out an assignment
         * @description At its release it comes into each student's home. 422 with a sentence when the zip is not
         *     fit for that.
         */
        post: operations["create_assignment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One assignment, student by student */
        get: operations["get_assignment"];
        put?: never;
        post?: never;
        /**
         * Delete an assignment
         * @description Files that were handed out stay with the students.
         */
        delete: operations["delete_assignment"];
        options?: never;
        head?: never;
        /**
         * Change title or times
         * @description 409 for the release time of one that is released.
         */
        patch: operations["change_assignment"];
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The check */
        get: operations["get_check"];
        /**
         * Set up the check
         * @description For each newest copy, in a sandbox without a network. 422 when its files do not fit.
         */
        put: operations["set_check"];
        post?: never;
        /**
         * Remove the check
         * @description With all that it found.
         */
        delete: operations["remove_check"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/run/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Check all newest copies again */
        post: operations["run_checks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/files/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Hand out new files
         * @description An update. Nothing in a home is replaced: a file whose place is taken comes beside it.
         */
        put: operations["replace_assignment_files"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who handed in what, and when */
        get: operations["list_submissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Write mark and comment
         * @description The student sees nothing of it before it is returned.
         */
        patch: operations["mark_submission"];
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/check/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the check found */
        get: operations["read_check_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/download/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One file, to save */
        get: operations["download_submitted_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/file/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One file as text */
        get: operations["read_submitted_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/files/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files of a copy */
        get: operations["list_submitted_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/extension/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * A later due time
         * @description For one student. 409 when the assignment has no due time.
         */
        put: operations["extend_submission"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/files/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files that come back, to save */
        get: operations["download_return_files"];
        /**
         * Files that come back
         * @description Instead of those that were there. The student gets them when they are returned. 422 with a
         *     sentence when they do not fit.
         */
        put: operations["set_return_files"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/return/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Return
         * @description From now on the student sees mark and comment as they are now, and gets the files. 409 if
         *     there is nothing.
         */
        post: operations["return_submission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/collect/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Collect now
         * @description A copy of each student's folder as it is now, or of one student's. No home changes.
         */
        post: operations["collect_submissions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/marks/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Marks as CSV */
        get: operations["download_marks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/return/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Return all
         * @description Every mark, comment and file that its student does not have yet.
         */
        post: operations["return_submissions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/zip/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All newest copies as one zip */
        get: operations["download_submissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/candidates/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who could join
         * @description Students of the cohort's track who are in no cohort, at most 500.
         */
        get: operations["list_candidates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/course/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Its course
         * @description The course of the learning platform that it is connected with.
         */
        get: operations["get_course_of_cohort"];
        put?: never;
        post?: never;
        /**
         * Disconnect its course
         * @description Students stay. Nobody joins from the course any more, and no marks are sent to it.
         */
        delete: operations["disconnect_course"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/course/marks/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send marks again
         * @description Every returned mark that is not in the course's gradebook yet, in the background.
         */
        post: operations["send_marks_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/course/roster/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import the course's people
         * @description As importing a list does, with the learners whom the course has now.
         */
        post: operations["import_course_roster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/course/roster/preview/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What an import of the course's people would do
         * @description Nothing is changed. 409, 502 or 503 when the platform does not tell who is in the course.
         */
        post: operations["preview_course_roster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/instructors/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Who teaches it
         * @description For admins. Whoever is not in the list does not see the cohort any more.
         */
        put: operations["set_instructors"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/invitations/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Invitations that wait
         * @description Not accepted and not revoked, with those that have expired; newest first.
         */
        get: operations["list_pending"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/invitations/{invitation_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke it */
        delete: operations["revoke_invitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/invitations/{invitation_id}/link/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Its link
         * @description To hand it out in another way than by mail.
         */
        post: operations["show_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/invitations/{invitation_id}/send/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mail it again
         * @description It is valid for 14 days from now on.
         */
        post: operations["send_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/join-links/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Join links
         * @description Those that nobody has ended, until 7 days after their time is over.
         */
        get: operations["list_join_links"];
        put?: never;
        /** Make a join link */
        post: operations["create_join_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/join-links/{link_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a join link
         * @description Invitations that were asked for at it and wait are revoked.
         */
        delete: operations["end_join_link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Let a student join, or move here
         * @description A student in another cohort leaves it. Unless you are an admin, it must be yours, too.
         */
        put: operations["put_member"];
        post?: never;
        /**
         * Take a student out
         * @description Account and workspaces stay.
         */
        delete: operations["remove_member"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/help/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** A student has been helped */
        delete: operations["answer_help"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/history/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A student's checkpoints
         * @description 409 unless the school lets instructors see them. It is in the audit log.
         */
        get: operations["list_students_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/history/{checkpoint_id}/file/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file as text
         * @description `against`: another checkpoint, to compare it with. How the file is now shows a look.
         */
        get: operations["read_students_past_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/history/{checkpoint_id}/folder/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files of then */
        get: operations["list_students_past_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/history/versions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a file grew
         * @description The moments at which it changed. It is in the audit log.
         */
        get: operations["list_students_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/look/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at a student's files
         * @description The student sees that you do. 409 unless they called or the school allows it now. It ends two
         *     minutes after the last read, after an hour at most.
         */
        post: operations["begin_look"];
        /** Stop looking at a student's files */
        delete: operations["end_look"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/look/file/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A student's file as text
         * @description 409 when you do not look (any more).
         */
        get: operations["look_at_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/look/folder/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Files of a student, now
         * @description Without what programs keep for themselves. 409 when you do not look (any more).
         */
        get: operations["look_at_folder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/members/{student_id}/visit/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a student's workspace to help
         * @description The student sees that you are there. 409 unless they called or the school allows it now.
         */
        post: operations["begin_visit"];
        /** Leave a student's workspace */
        delete: operations["end_visit"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/messages/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write to the class
         * @description To the class or to one student. The portal, VS Code and Superset show it.
         */
        post: operations["send_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/roster/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import a list of people
         * @description Students join or move here, others are invited. The answer says what was done.
         */
        post: operations["import_roster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/roster/preview/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What an import would do
         * @description Nothing is changed. 422 when it is no list of people.
         */
        post: operations["preview_roster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/shared/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shared data */
        get: operations["get_shared_data"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/shared/current/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Show another version
         * @description In all workspaces of the cohort at once, also in those that run.
         */
        put: operations["switch_shared_data"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/shared/uploads/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin
         * @description A zip stands for what is in it. Then its pieces follow, each at its offset.
         */
        post: operations["begin_shared_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/shared/uploads/{upload_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * The next piece
         * @description The body is the piece, at most 4 MB. 409 when another one was expected.
         */
        put: operations["send_shared_piece"];
        post?: never;
        /** Cancel an upload */
        delete: operations["cancel_shared_upload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/starter/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What new homes begin with */
        get: operations["get_starter"];
        /**
         * Set what new homes begin with
         * @description It comes into ~/project of each home that is new, before the editor opens. 422 with a
         *     sentence when the zip is not fit for that.
         */
        put: operations["set_starter"];
        post?: never;
        /**
         * Remove the starter
         * @description What homes have stays there.
         */
        delete: operations["remove_starter"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/timetable/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Upload a timetable
         * @description iCalendar. Replaces an earlier one, which stays after a 422 (see the preview).
         */
        put: operations["set_timetable"];
        post?: never;
        /** Remove the timetable */
        delete: operations["remove_timetable"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/timetable/feed/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Follow a calendar's address
         * @description It is read now and every hour. An upload or a removal of the timetable ends it.
         */
        put: operations["follow_feed"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/timetable/feed/preview/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What the calendar at an address would mean
         * @description Nothing is kept. 422 when the address or its calendar cannot be used.
         */
        post: operations["preview_feed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/timetable/preview/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a calendar file would mean
         * @description Nothing is kept. 422 with a sentence for each faulty line when the file is no timetable.
         */
        post: operations["preview_timetable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/wall/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The class's wall */
        get: operations["get_wall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/wall/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The class's wall, live (server-sent events)
         * @description `event: wall` at once and at each change; comments.
         */
        get: operations["watch_wall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/workspaces/start/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start everybody's workspace
         * @description Of all active students who have none up. Those that nobody uses stop by themselves.
         */
        post: operations["start_class"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/{cohort_id}/workspaces/stop/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Save and stop everybody's workspace */
        post: operations["stop_class"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cohorts/instructors/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who could teach
         * @description Instructors and teaching assistants. For admins, who say who teaches a cohort.
         */
        get: operations["list_instructors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/announcements/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All announcements
         * @description For admins.
         */
        get: operations["list_all_announcements"];
        put?: never;
        /**
         * Announce something
         * @description For admins. The portal, VS Code and Superset show it. 409 when ten are shown already.
         */
        post: operations["create_announcement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/announcements/{announcement_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End it now */
        delete: operations["end_announcement"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/audit/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What people did
         * @description For admins. The newest first, 50 at a time: `more_before` leads to the next 50.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/audit/export.{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The audit trail as CSV or JSON lines
         * @description For admins. What the filter finds, the newest first.
         */
        get: operations["export_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/capacity/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much runs, and fits
         * @description For admins. The machine, the pool, sessions, and what the next classes will need.
         */
        get: operations["console_capacity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/health/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the platform does
         * @description For admins. What the doctor found, and what the backend sees; broken parts first.
         */
        get: operations["console_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People of the school
         * @description For admins. By name, 50 a page.
         */
        get: operations["list_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/deactivate/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deactivate
         * @description They cannot sign in; their workspaces are saved and stopped, and stay.
         */
        post: operations["deactivate_person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/end-sessions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign a person out everywhere
         * @description In every browser and program. They sign in again; workspaces stay up.
         */
        post: operations["end_sessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/erase/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase a person
         * @description The account is deactivated now; everything of the person is removed after the grace. 403
         *     `reauthentication_required` until the admin has proved who they are; 422 when the name
         *     differs.
         */
        post: operations["erase_person"];
        /**
         * Take an erasure back
         * @description The account is as it was before. 409 after the grace.
         */
        delete: operations["keep_person"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/export/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A person's copy */
        get: operations["get_export"];
        put?: never;
        /**
         * Ask for a person's data
         * @description It is made in the background. 403 `reauthentication_required` until the admin has proved who
         *     they are; 409 within an hour of the last one.
         */
        post: operations["ask_for_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/export/{export_id}/file/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A person's data as a zip */
        get: operations["download_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/reactivate/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reactivate */
        post: operations["reactivate_person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/people/{person_id}/reset-second-factor/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reset a person's second factor
         * @description For a lost phone. 403 `reauthentication_required` until the admin has proved who they are.
         */
        post: operations["reset_second_factor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All workspaces
         * @description For admins. By their owners' names, 50 a page.
         */
        get: operations["list_all_workspaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/{workspace_id}/keep/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep a workspace up */
        post: operations["keep_any_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/{workspace_id}/restart/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restart a workspace
         * @description Its work is saved first; then it starts again.
         */
        post: operations["restart_any_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/{workspace_id}/restore/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore all files of a workspace
         * @description As they were in a snapshot; what is there now becomes a snapshot first. Only while it is
         *     stopped. It is done when `restoring` is false again.
         */
        post: operations["restore_any_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/{workspace_id}/snapshots/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Snapshots of a workspace
         * @description Of all its files, one after each stop, and how it stands.
         */
        get: operations["list_snapshots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/{workspace_id}/stop/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a workspace
         * @description Its work is saved first.
         */
        post: operations["stop_any_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A page of all workspaces, live (server-sent events)
         * @description `event: workspaces` at once and at each change; comments.
         */
        get: operations["watch_all_workspaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/programs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What stops would end
         * @description For admins. The students' programs that run now. Ids that are not known are skipped.
         */
        get: operations["list_all_programs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/console/workspaces/stop/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop several workspaces
         * @description Those that are up are saved and stopped; the others stay as they are.
         */
        post: operations["stop_workspaces"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/costs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Task-hours by cohort and student
         * @description For admins. By default the last 30 days, at most 400 days. Times without a zone are UTC.
         */
        get: operations["get_costs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/costs/budgets/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Budgets of all cohorts
         * @description For admins. Cohorts without a budget are left out.
         */
        get: operations["list_budgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/costs/budgets/{cohort_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a budget stands
         * @description For those who see the cohort.
         */
        get: operations["get_budget"];
        /**
         * Set a cohort's budget
         * @description 422 for dollars where the school has set no price.
         */
        put: operations["set_budget"];
        post?: never;
        /** Remove a budget */
        delete: operations["remove_budget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/courses/{course_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A course of the learning platform
         * @description One from which you have opened ApraNova as its instructor.
         */
        get: operations["get_course"];
        /**
         * Connect it with a cohort
         * @description One of your cohorts. 409 when one of the two is connected already.
         */
        put: operations["connect_course"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Health */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/help/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether you ask for help */
        get: operations["get_help"];
        /**
         * Ask for help
         * @description Your instructors see it on the class's wall. 409 when you are in no class.
         */
        put: operations["ask_for_help"];
        post?: never;
        /** You need no help any more */
        delete: operations["lower_help"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Invitations
         * @description Those you made; an admin sees everyone's. Newest first, at most 200.
         */
        get: operations["list_invitations"];
        put?: never;
        /**
         * Invite
         * @description Instructors invite students, admins anyone. Replaces an open invitation of the address.
         */
        post: operations["create_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/{key}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An invitation
         * @description For anyone who has the link, before they sign up.
         */
        get: operations["get_invitation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/join/{key}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A join link
         * @description For anyone who has the link. 410 when its time is over, 409 when it has no places left.
         */
        get: operations["get_join_link"];
        put?: never;
        /**
         * Join by a link
         * @description The signed-in student joins the cohort, and leaves another one.
         */
        post: operations["join_by_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/join/{key}/invitation/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for an invitation
         * @description For people without an account. The answer does not tell whether the address has one.
         */
        post: operations["ask_for_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/export/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The copy of one's own data */
        get: operations["get_own_export"];
        put?: never;
        /**
         * Ask for one's own data
         * @description It is made in the background, and kept for seven days. 409 within an hour of the last one.
         */
        post: operations["ask_for_own_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/export/{export_id}/file/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own data as a zip */
        get: operations["download_own_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What your instructors wrote */
        get: operations["list_messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages/{message_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Close a message */
        delete: operations["dismiss_message"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How people sign in */
        get: operations["get_sign_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in/{provider}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to sign in at a provider
         * @description The browser opens the answer's address. 503 when the provider does not answer.
         */
        post: operations["begin_sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Your workspaces */
        get: operations["list_workspaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One workspace */
        get: operations["get_workspace"];
        put?: never;
        post?: never;
        /**
         * Delete
         * @description Marks it for deletion; undo is possible until `purge_at`. 422 when the name differs.
         */
        delete: operations["delete_workspace"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live changes (server-sent events)
         * @description `event: workspace` at once and at each change; `kinds`, `notices`, `ports`; comments.
         */
        get: operations["watch_workspace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/history/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Checkpoints
         * @description Moments of which the files are kept, newest first.
         */
        get: operations["list_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/history/{checkpoint_id}/download/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file, to save
         * @description A browser saves it, and shows and runs nothing of it on our origin.
         */
        get: operations["download_past_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/history/{checkpoint_id}/file/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file as text
         * @description `against`: another checkpoint, or `now`, to compare it with.
         */
        get: operations["read_past_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/history/{checkpoint_id}/folder/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Files of then, or now
         * @description `now` as the checkpoint: the home as it is.
         */
        get: operations["list_past_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/history/{checkpoint_id}/put-back/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring files of then back
         * @description What is there now becomes a checkpoint first. Files that are only there now stay. While it is
         *     `working`, ask again with `continues`.
         */
        post: operations["put_back"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/keep-running/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep running until
         * @description No idle stop before then; capped at `keep_running_max_s`. 0 hours cancel it.
         */
        post: operations["keep_running"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/programs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a stop would end
         * @description The programs that you have started and that run now.
         */
        get: operations["list_programs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/restart/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restart
         * @description Stops and launches again; the home stays.
         */
        post: operations["restart_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/shares/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shared ports */
        get: operations["list_shares"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/shares/{port}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Share a port
         * @description Lets others see what the program on this port serves, until an end. Replaces another.
         */
        put: operations["share_port"];
        post?: never;
        /**
         * End sharing
         * @description At once, also for those who have it open.
         */
        delete: operations["end_share"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/stop/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop
         * @description Saves, ends the task, keeps the home.
         */
        post: operations["stop_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/{workspace_id}/undelete/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Undelete */
        post: operations["undelete_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/create/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create (when there is none) and launch
         * @description Always launches. 201: created; 200: it existed. Answers at once, `starting` or `running`.
         */
        post: operations["create_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace/sizes/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sizes of workspaces
         * @description What each means here, and which of them you may choose.
         */
        get: operations["list_sizes"];
        /**
         * Choose your workspaces' size
         * @description Takes effect at the next launch. 403 where your cohort does not allow it.
         */
        put: operations["choose_size"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** ActivityOut */
        ActivityOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Is Start */
            is_start: boolean;
            /** Reason */
            reason: string;
        };
        /** AnnouncementIn */
        AnnouncementIn: {
            /** Cohort Id */
            cohort_id?: string | null;
            /** Hours */
            hours: number;
            /** Text */
            text: string;
        };
        /** AnnouncementListOut */
        AnnouncementListOut: {
            /** Items */
            items: components["schemas"]["AnnouncementOut"][];
        };
        /** AnnouncementOut */
        AnnouncementOut: {
            /**
             * Begins At
             * Format: date-time
             */
            begins_at: string;
            /** Cohort */
            cohort: string | null;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Sender */
            sender: string;
            /** Text */
            text: string;
        };
        /** AssignmentDetailOut */
        AssignmentDetailOut: {
            assignment: components["schemas"]["AssignmentOut"];
            /** Students */
            students: components["schemas"]["StudentStateOut"][];
        };
        /** AssignmentListOut */
        AssignmentListOut: {
            /** Items */
            items: components["schemas"]["AssignmentOut"][];
        };
        /** AssignmentOut */
        AssignmentOut: {
            /** App Port */
            app_port: number;
            /** App Start */
            app_start: string;
            /** Bytes */
            bytes: number;
            /** Due At */
            due_at: string | null;
            /** Due At Local */
            due_at_local: string | null;
            /** Failed */
            failed: number;
            /** Files */
            files: number;
            /** Folder */
            folder: string;
            /** Handed Out */
            handed_out: number;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Released */
            released: boolean;
            /**
             * Releases At
             * Format: date-time
             */
            releases_at: string;
            /** Releases At Local */
            releases_at_local: string;
            /** Students */
            students: number;
            /** Title */
            title: string;
            /** Version */
            version: number;
        };
        /**
         * AtEnd
         * @description What happens when a budget is used up.
         * @enum {string}
         */
        AtEnd: "warn" | "no_launches";
        /**
         * Audience
         * @enum {string}
         */
        Audience: "cohort" | "signed_in" | "anyone";
        /** AuditFilter */
        AuditFilter: {
            /**
             * Action
             * @default
             */
            action: string;
            /**
             * Person
             * @default
             */
            person: string;
            /** Since */
            since?: string | null;
            /** Until */
            until?: string | null;
        };
        /** AuditIn */
        AuditIn: {
            /**
             * Action
             * @default
             */
            action: string;
            /** Before */
            before?: number | null;
            /**
             * Person
             * @default
             */
            person: string;
            /** Since */
            since?: string | null;
            /** Until */
            until?: string | null;
        };
        /** AuditOut */
        AuditOut: {
            /** Items */
            items: components["schemas"]["AuditRecordOut"][];
            /** More Before */
            more_before: number | null;
        };
        /** AuditRecordOut */
        AuditRecordOut: {
            /** Action */
            action: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Details */
            details: {
                [key: string]: unknown;
            };
            /** Id */
            id: number;
            /** Ip */
            ip: string | null;
            /** Sentence */
            sentence: string;
            /** Target */
            target: string;
            /** Who */
            who: string;
        };
        /** BackupOut */
        BackupOut: {
            /** Detail */
            detail: string;
            /**
             * State
             * @enum {string}
             */
            state: "ok" | "failing" | "not_kept_here";
        };
        /** BeginUploadIn */
        BeginUploadIn: {
            /** Keeps Others */
            keeps_others: boolean;
            /** Name */
            name: string;
            /** Size */
            size: number;
        };
        /**
         * BesideOut
         * @description A file that found its place taken and lies beside it. Paths below ~/project.
         */
        BesideOut: {
            /** Changed By Student */
            changed_by_student: boolean;
            /** New Path */
            new_path: string;
            /** Path */
            path: string;
        };
        /** BudgetIn */
        BudgetIn: {
            /** Amount */
            amount: number;
            at_end: components["schemas"]["AtEnd"];
            unit: components["schemas"]["Unit"];
        };
        /** BudgetOut */
        BudgetOut: {
            /** Amount */
            amount: number;
            at_end: components["schemas"]["AtEnd"];
            /** Cohort */
            cohort: string;
            /**
             * Cohort Id
             * Format: uuid
             */
            cohort_id: string;
            /** Forecast */
            forecast: number | null;
            /**
             * Month Ends At
             * Format: date-time
             */
            month_ends_at: string;
            state: components["schemas"]["State"];
            unit: components["schemas"]["Unit"];
            /** Used */
            used: number;
        };
        /** BudgetsOut */
        BudgetsOut: {
            /** Has Price */
            has_price: boolean;
            /** Items */
            items: components["schemas"]["BudgetOut"][];
        };
        /** CandidateListOut */
        CandidateListOut: {
            /** Items */
            items: components["schemas"]["CandidateOut"][];
        };
        /** CandidateOut */
        CandidateOut: {
            /** Email */
            email: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
        };
        /** CapacityOut */
        CapacityOut: {
            largest: components["schemas"]["NeedOut"] | null;
            machine: components["schemas"]["MachineOut"] | null;
            /** Memory Max Mib */
            memory_max_mib: number | null;
            /** Memory Taken Mib */
            memory_taken_mib: number;
            /** More Needs */
            more_needs: number;
            /** Needs */
            needs: components["schemas"]["NeedOut"][];
            pool: components["schemas"]["PoolOut"] | null;
            sessions: components["schemas"]["SessionsOut"];
            /** Tasks Max */
            tasks_max: number | null;
        };
        /**
         * Cause
         * @description Why a checkpoint was taken.
         * @enum {string}
         */
        Cause: "work" | "stop" | "put_back";
        /**
         * ChangeAssignmentIn
         * @description A field that is left out stays as it is.
         */
        ChangeAssignmentIn: {
            /** Due At */
            due_at?: string | null;
            /** Releases At */
            releases_at?: string | null;
            /** Title */
            title?: string | null;
        };
        /**
         * ChangeCohortIn
         * @description What is left out stays.
         */
        ChangeCohortIn: {
            /** Active */
            active?: boolean | null;
            choice_up_to?: components["schemas"]["WorkspaceSize"] | null;
            /** Name */
            name?: string | null;
            size?: components["schemas"]["WorkspaceSize"] | null;
            /** Time Zone */
            time_zone?: string | null;
        };
        /**
         * ChangeOut
         * @description A class that is new (`before` is null), gone (`after` is null), or at another time.
         */
        ChangeOut: {
            after: components["schemas"]["ClassOut"] | null;
            before: components["schemas"]["ClassOut"] | null;
        };
        /** CheckDefinitionOut */
        CheckDefinitionOut: {
            /** Command */
            command: string;
            /** Expected */
            expected: string;
            /** Files */
            files: number;
            /** Students See */
            students_see: string;
            /** Time Limit S */
            time_limit_s: number;
        };
        /** CheckIn */
        CheckIn: {
            /** Command */
            command: string;
            /**
             * Expected
             * @default
             */
            expected: string;
            /** File */
            file?: string | null;
            /**
             * Keep Files
             * @default true
             */
            keep_files: boolean;
            /**
             * Students See
             * @default nothing
             * @enum {string}
             */
            students_see: "nothing" | "result" | "output";
            /** Time Limit S */
            time_limit_s: number;
        };
        /** CheckOut */
        CheckOut: {
            check: components["schemas"]["CheckDefinitionOut"] | null;
        };
        /** CheckpointOut */
        CheckpointOut: {
            cause: components["schemas"]["Cause"];
            /** Changed */
            changed: string[];
            /** Changed Count */
            changed_count: number;
            /** Files */
            files: number;
            /** Id */
            id: string;
            /** Left Out */
            left_out: components["schemas"]["NotKeptOut"][];
            /** Left Out Count */
            left_out_count: number;
            /**
             * Taken At
             * Format: date-time
             */
            taken_at: string;
        };
        /** CheckRunOut */
        CheckRunOut: {
            /** Finished At */
            finished_at: string | null;
            /** Output */
            output: string;
            /** Output Cut */
            output_cut: boolean;
            /** State */
            state: string;
            /** Text */
            text: string;
        };
        /** CheckStateOut */
        CheckStateOut: {
            /** State */
            state: string;
            /** Text */
            text: string;
        };
        /** ChooseSizeIn */
        ChooseSizeIn: {
            size: components["schemas"]["WorkspaceSize"] | null;
        };
        /** ClassOut */
        ClassOut: {
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Title */
            title: string;
        };
        /**
         * ClassWorkspacesOut
         * @description What became of starting or stopping the workspaces of a class.
         */
        ClassWorkspacesOut: {
            /** Changed */
            changed: number;
            /** Failed */
            failed: number;
            /** Failure */
            failure: string;
        };
        /** CohortBudgetOut */
        CohortBudgetOut: {
            budget: components["schemas"]["BudgetOut"] | null;
        };
        /** CohortDetailOut */
        CohortDetailOut: {
            /** Active */
            active: boolean;
            choice_up_to: components["schemas"]["WorkspaceSize"] | null;
            /** Has Timetable */
            has_timetable: boolean;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Instructors */
            instructors: components["schemas"]["TeacherOut"][];
            /** Members */
            members: components["schemas"]["MemberOut"][];
            /** Name */
            name: string;
            next_class: components["schemas"]["ClassOut"] | null;
            /** Shows History */
            shows_history: boolean;
            size: components["schemas"]["WorkspaceSize"] | null;
            /** Students */
            students: number;
            /** Time Zone */
            time_zone: string;
            timetable: components["schemas"]["TimetableOut"] | null;
            track: components["schemas"]["Track"];
        };
        /** CohortHoursOut */
        CohortHoursOut: {
            /** Dollars */
            dollars: number | null;
            /** Id */
            id: string | null;
            /** Name */
            name: string;
            /** Sessions */
            sessions: number;
            /** Students */
            students: number;
            /** Task Hours */
            task_hours: number;
        };
        /** CohortListOut */
        CohortListOut: {
            /** Items */
            items: components["schemas"]["CohortOut"][];
        };
        /** CohortOfCourseOut */
        CohortOfCourseOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
        };
        /** CohortOut */
        CohortOut: {
            /** Active */
            active: boolean;
            choice_up_to: components["schemas"]["WorkspaceSize"] | null;
            /** Has Timetable */
            has_timetable: boolean;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Instructors */
            instructors: components["schemas"]["TeacherOut"][];
            /** Name */
            name: string;
            next_class: components["schemas"]["ClassOut"] | null;
            size: components["schemas"]["WorkspaceSize"] | null;
            /** Students */
            students: number;
            /** Time Zone */
            time_zone: string;
            track: components["schemas"]["Track"];
        };
        /** CohortStarterOut */
        CohortStarterOut: {
            /** Failed */
            failed: number;
            /** Given */
            given: number;
            /** Skipped */
            skipped: number;
            starter: components["schemas"]["StarterOut"] | null;
        };
        /** CollectIn */
        CollectIn: {
            /** Student Id */
            student_id?: string | null;
        };
        /** ConnectIn */
        ConnectIn: {
            /**
             * Cohort Id
             * Format: uuid
             */
            cohort_id: string;
        };
        /** ConsoleHealthOut */
        ConsoleHealthOut: {
            /** Doctor Asked At */
            doctor_asked_at: string | null;
            /** Findings */
            findings: components["schemas"]["FindingOut"][];
            /** On Aws */
            on_aws: boolean;
        };
        /** CopyOut */
        CopyOut: {
            /** Bytes */
            bytes: number;
            check: components["schemas"]["CheckStateOut"] | null;
            /**
             * Collected At
             * Format: date-time
             */
            collected_at: string;
            /** Files */
            files: number;
            /**
             * Handed In At
             * Format: date-time
             */
            handed_in_at: string;
            /** Late */
            late: boolean;
            /** Left Out */
            left_out: components["schemas"]["LeftOutOut"][];
            /** Left Out Count */
            left_out_count: number;
            /** Number */
            number: number;
        };
        /**
         * CostsOut
         * @description Task-hours, and what they cost where the school has set a price.
         */
        CostsOut: {
            /** Cohorts */
            cohorts: components["schemas"]["CohortHoursOut"][];
            /** Dollars */
            dollars: number | null;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /** Students */
            students: components["schemas"]["StudentHoursOut"][];
            /** Task Hours */
            task_hours: number;
            /**
             * Until
             * Format: date-time
             */
            until: string;
        };
        /** CourseOut */
        CourseOut: {
            cohort: components["schemas"]["CohortOfCourseOut"] | null;
            /** Connected */
            connected: boolean;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Platform */
            platform: string;
            /** Title */
            title: string;
        };
        /**
         * CourseStateOut
         * @description What a cohort has of the learning platform.
         */
        CourseStateOut: {
            /** Connected At */
            connected_at: string | null;
            /** Course */
            course: string | null;
            /** Mark Problems */
            mark_problems: components["schemas"]["MarkProblemOut"][];
            /** Marks Sent */
            marks_sent: number;
            /** Marks Waiting */
            marks_waiting: number;
            /** Platform */
            platform: string | null;
            /** Roster At */
            roster_at: string | null;
            /** Shares Gradebook */
            shares_gradebook: boolean;
            /** Shares People */
            shares_people: boolean;
        };
        /** CreateAssignmentIn */
        CreateAssignmentIn: {
            /** Due At */
            due_at?: string | null;
            /** File */
            file: string;
            /** Releases At */
            releases_at?: string | null;
            /** Title */
            title: string;
        };
        /** CreateCohortIn */
        CreateCohortIn: {
            choice_up_to?: components["schemas"]["WorkspaceSize"] | null;
            /** Name */
            name: string;
            size?: components["schemas"]["WorkspaceSize"] | null;
            /** Time Zone */
            time_zone: string;
            track: components["schemas"]["Track"];
        };
        /** CreateWorkspaceIn */
        CreateWorkspaceIn: {
            kind?: components["schemas"]["WorkspaceKind"] | null;
        };
        /** DeleteCohortIn */
        DeleteCohortIn: {
            /** Name */
            name: string;
        };
        /** DeleteWorkspaceIn */
        DeleteWorkspaceIn: {
            /** Name */
            name: string;
        };
        /** DependencyOut */
        DependencyOut: {
            /** Detail */
            detail: string;
            /**
             * State
             * @enum {string}
             */
            state: "up" | "down";
        };
        /** DifferenceLineOut */
        DifferenceLineOut: {
            /** Kind */
            kind: string;
            /** Text */
            text: string;
        };
        /**
         * DiskLevel
         * @description How a home stands to its limits.
         * @enum {string}
         */
        DiskLevel: "within" | "near" | "over";
        /** DiskOut */
        DiskOut: {
            /** Detail */
            detail: string;
            /**
             * State
             * @enum {string}
             */
            state: "ok" | "nearly_full" | "not_watched";
        };
        /** DiskRoomOut */
        DiskRoomOut: {
            /** Free Bytes */
            free_bytes: number;
            /** Place */
            place: string;
            /** Reserve Bytes */
            reserve_bytes: number;
            /** Total Bytes */
            total_bytes: number;
        };
        /** EntryOut */
        EntryOut: {
            /** Changed At */
            changed_at: string | null;
            /** Is Folder */
            is_folder: boolean;
            /** Name */
            name: string;
            /** Path */
            path: string;
            /** Size */
            size: number;
        };
        /** EraseIn */
        EraseIn: {
            /** Name */
            name: string;
        };
        /** ErasureOut */
        ErasureOut: {
            /** Begun At */
            begun_at: string | null;
            /**
             * Due At
             * Format: date-time
             */
            due_at: string;
            /** Problem */
            problem: string;
        };
        /** ExportOut */
        ExportOut: {
            /**
             * Asked At
             * Format: date-time
             */
            asked_at: string;
            /** Ends At */
            ends_at: string | null;
            /** Failures */
            failures: number;
            /** Files */
            files: number;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Left Out */
            left_out: number;
            /** Ready At */
            ready_at: string | null;
            /** Size Bytes */
            size_bytes: number;
        };
        /** ExtensionIn */
        ExtensionIn: {
            /** Due At */
            due_at: string | null;
        };
        /**
         * FeedbackIn
         * @description A field that is left out stays as it is.
         */
        FeedbackIn: {
            /** Comment */
            comment?: string | null;
            /** Mark */
            mark?: string | null;
        };
        /** FeedIn */
        FeedIn: {
            /** Address */
            address: string;
        };
        /**
         * FeedOut
         * @description The calendar's address that a timetable follows. It may be secret: only its host is here.
         */
        FeedOut: {
            /** Broken Since */
            broken_since: string | null;
            /** Changed At */
            changed_at: string | null;
            /** Changes */
            changes: components["schemas"]["ChangeOut"][];
            /** Changes Count */
            changes_count: number;
            /** Host */
            host: string;
            /** Problem */
            problem: string;
            /**
             * Read At
             * Format: date-time
             */
            read_at: string;
        };
        /** FieldError */
        FieldError: {
            /** Field */
            field: string;
            /** Message */
            message: string;
        };
        /** FileEntryOut */
        FileEntryOut: {
            /** Change */
            change: string;
            /** Path */
            path: string;
            /** Size */
            size: number;
        };
        /** FileListOut */
        FileListOut: {
            /** Items */
            items: components["schemas"]["FileEntryOut"][];
        };
        /** FileOut */
        FileOut: {
            /** Compared */
            compared: boolean;
            /** Cut */
            cut: boolean;
            /** Lines */
            lines: components["schemas"]["LineOut"][];
            /** Path */
            path: string;
            /** Text */
            text: string | null;
        };
        /** FilesIn */
        FilesIn: {
            /** File */
            file: string;
        };
        /** FileVersionOut */
        FileVersionOut: {
            /** Checkpoint */
            checkpoint: string;
            /** Is There */
            is_there: boolean;
            /** Size */
            size: number;
            /**
             * Taken At
             * Format: date-time
             */
            taken_at: string;
        };
        /** FileVersionsOut */
        FileVersionsOut: {
            /** Cut */
            cut: boolean;
            /** Items */
            items: components["schemas"]["FileVersionOut"][];
        };
        /** FindingOut */
        FindingOut: {
            /** Guide */
            guide: string | null;
            /** Name */
            name: string;
            /** Remedy */
            remedy: string;
            /** Since */
            since: string | null;
            state: components["schemas"]["FindingState"];
            /** Text */
            text: string;
        };
        /**
         * FindingState
         * @enum {string}
         */
        FindingState: "fine" | "look" | "broken";
        /** FolderOut */
        FolderOut: {
            /** Cut */
            cut: boolean;
            /** Items */
            items: components["schemas"]["EntryOut"][];
        };
        /** HealthOut */
        HealthOut: {
            backup: components["schemas"]["BackupOut"];
            database: components["schemas"]["DependencyOut"];
            disk: components["schemas"]["DiskOut"];
            manager: components["schemas"]["DependencyOut"];
            redis: components["schemas"]["DependencyOut"];
            /**
             * State
             * @enum {string}
             */
            state: "up" | "down";
        };
        /** HelperOut */
        HelperOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            mode: components["schemas"]["VisitMode"];
            /** Name */
            name: string;
        };
        /** HelpOut */
        HelpOut: {
            /** Asked At */
            asked_at: string | null;
            /** Can Ask */
            can_ask: boolean;
            /** Visits */
            visits: components["schemas"]["VisitorOut"][];
        };
        /** HistoryOut */
        HistoryOut: {
            /** Every Minutes */
            every_minutes: number;
            /** Instructors See It */
            instructors_see_it: boolean;
            /** Items */
            items: components["schemas"]["CheckpointOut"][];
        };
        /** HomeUseOut */
        HomeUseOut: {
            level: components["schemas"]["DiskLevel"];
            /** Limit Bytes */
            limit_bytes: number;
            /** Limit Files */
            limit_files: number;
            /** Text */
            text: string;
            /** Used Bytes */
            used_bytes: number;
            /** Used Files */
            used_files: number;
        };
        /** InstructorListOut */
        InstructorListOut: {
            /** Items */
            items: components["schemas"]["TeacherOut"][];
        };
        /** InstructorsIn */
        InstructorsIn: {
            /** Instructor Ids */
            instructor_ids: string[];
        };
        /** InvitationIn */
        InvitationIn: {
            /** Cohort Id */
            cohort_id?: string | null;
            /**
             * Email
             * Format: email
             */
            email: string;
            /** @default student */
            role: components["schemas"]["Role"];
            track?: components["schemas"]["Track"] | null;
        };
        /** InvitationListOut */
        InvitationListOut: {
            /** Items */
            items: components["schemas"]["InvitationOut"][];
        };
        /** InvitationOut */
        InvitationOut: {
            /** Accepted At */
            accepted_at: string | null;
            /** Cohort */
            cohort: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Email */
            email: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Invited By */
            invited_by: string;
            role: components["schemas"]["Role"];
            track: components["schemas"]["Track"] | null;
            /** Url */
            url: string | null;
        };
        /** JoinedOut */
        JoinedOut: {
            /** Cohort */
            cohort: string;
        };
        /** JoinLinkIn */
        JoinLinkIn: {
            /**
             * Domains
             * @default []
             */
            domains: string[];
            /** Hours */
            hours: number;
            /** Places */
            places: number;
        };
        /** JoinLinkListOut */
        JoinLinkListOut: {
            /** Items */
            items: components["schemas"]["JoinLinkOut"][];
            /** Sends Mail */
            sends_mail: boolean;
        };
        /** JoinLinkOut */
        JoinLinkOut: {
            /** Created By */
            created_by: string;
            /** Domains */
            domains: string[];
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Places */
            places: number;
            state: components["schemas"]["JoinLinkState"];
            /** Taken */
            taken: number;
            /** Url */
            url: string;
            /** Waiting */
            waiting: number;
        };
        /**
         * JoinLinkState
         * @enum {string}
         */
        JoinLinkState: "open" | "full" | "over";
        /**
         * JoinOutcome
         * @enum {string}
         */
        JoinOutcome: "join" | "move" | "here" | "refused";
        /** JoinRequestIn */
        JoinRequestIn: {
            /**
             * Email
             * Format: email
             */
            email: string;
        };
        /** KeepIn */
        KeepIn: {
            /** Hours */
            hours: number;
        };
        /** KeepRunningIn */
        KeepRunningIn: {
            /** Hours */
            hours: number;
        };
        /** KindOut */
        KindOut: {
            kind: components["schemas"]["WorkspaceKind"];
            /** Ready */
            ready: boolean;
            /** Text */
            text: string;
        };
        /**
         * LaunchPath
         * @description How a launch was served.
         * @enum {string}
         */
        LaunchPath: "existing" | "warm" | "cold";
        /** LaunchStepOut */
        LaunchStepOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            name: components["schemas"]["StepName"];
            /** Text */
            text: string;
        };
        /** LeftOutOut */
        LeftOutOut: {
            /** Path */
            path: string;
            /** Reason */
            reason: string;
        };
        /** LineOut */
        LineOut: {
            /** Kind */
            kind: string;
            /** Text */
            text: string;
        };
        /** LinkOut */
        LinkOut: {
            /** Url */
            url: string;
        };
        /** LookedFileOut */
        LookedFileOut: {
            /** Cut */
            cut: boolean;
            /** Size */
            size: number;
            /** Text */
            text: string | null;
        };
        /**
         * LookOut
         * @description You may look at a student's files.
         */
        LookOut: {
            /** Student */
            student: string;
        };
        /** MachineOut */
        MachineOut: {
            /** Cpus */
            cpus: number;
            /** Disks */
            disks: components["schemas"]["DiskRoomOut"][];
            /** Load */
            load: number;
            /** Memory Bytes */
            memory_bytes: number;
            /** Memory Free Bytes */
            memory_free_bytes: number;
            /** Workspaces Bytes */
            workspaces_bytes: number;
        };
        /**
         * MailState
         * @enum {string}
         */
        MailState: "waiting" | "sent" | "retried" | "failed" | "none";
        /**
         * MarkProblemOut
         * @description A mark that has not arrived in the gradebook.
         */
        MarkProblemOut: {
            /** Assignment */
            assignment: string;
            /** Student */
            student: string;
            /** Text */
            text: string;
            /** Tried Again At */
            tried_again_at: string | null;
        };
        /** MemberOut */
        MemberOut: {
            /** Active */
            active: boolean;
            /** Email */
            email: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Joined At
             * Format: date-time
             */
            joined_at: string;
            /** Name */
            name: string;
        };
        /** MeOut */
        MeOut: {
            /** Email */
            email: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Kinds */
            kinds: components["schemas"]["WorkspaceKind"][];
            /** Mfa Enabled */
            mfa_enabled: boolean;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
            school: components["schemas"]["SchoolOut"];
            track: components["schemas"]["Track"] | null;
            /** Uses Password */
            uses_password: boolean;
        };
        /** MessageIn */
        MessageIn: {
            /** Student Id */
            student_id?: string | null;
            /** Text */
            text: string;
        };
        /** MessageListOut */
        MessageListOut: {
            /** Items */
            items: components["schemas"]["MessageOut"][];
        };
        /** MessageOut */
        MessageOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Sender */
            sender: string;
            /**
             * Sent At
             * Format: date-time
             */
            sent_at: string;
            /** Text */
            text: string;
        };
        /** NamedOut */
        NamedOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
        };
        /**
         * NeedOut
         * @description What the classes that are on at one moment need if everybody comes.
         */
        NeedOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Cohorts */
            cohorts: components["schemas"]["NamedOut"][];
            /** Fits */
            fits: boolean;
            /** Memory Mib */
            memory_mib: number;
            /** Sizes */
            sizes: components["schemas"]["SizeNeedOut"][];
        };
        /** NotKeptOut */
        NotKeptOut: {
            /** Name */
            name: string;
            /** Reason */
            reason: string;
        };
        /**
         * OpenInvitationOut
         * @description What somebody who has the link may see before they sign up.
         */
        OpenInvitationOut: {
            /** Cohort */
            cohort: string | null;
            /** Email */
            email: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
            /** School */
            school: string;
            track: components["schemas"]["Track"] | null;
        };
        /** OpenJoinLinkOut */
        OpenJoinLinkOut: {
            /** Cohort */
            cohort: string;
            /** Domains */
            domains: string[];
            /** School */
            school: string;
            /** Sends Mail */
            sends_mail: boolean;
            track: components["schemas"]["Track"];
            you: components["schemas"]["YouOut"] | null;
        };
        /**
         * Outcome
         * @description Of one line.
         * @enum {string}
         */
        Outcome: "invite" | "join" | "move" | "here" | "invited" | "refused";
        /** OwnAssignmentListOut */
        OwnAssignmentListOut: {
            /** Items */
            items: components["schemas"]["OwnAssignmentOut"][];
        };
        /**
         * OwnAssignmentOut
         * @description An assignment as its student sees it.
         */
        OwnAssignmentOut: {
            /** Beside */
            beside: components["schemas"]["BesideOut"][];
            /** Beside Count */
            beside_count: number;
            check: components["schemas"]["OwnCheckOut"] | null;
            /** Comment */
            comment: string;
            /** Due At */
            due_at: string | null;
            /** Handed In At */
            handed_in_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Late */
            late: boolean;
            /** Mark */
            mark: string;
            /** Path */
            path: string;
            /** Returned At */
            returned_at: string | null;
            /** Returned Files */
            returned_files: number;
            /** Returned Path */
            returned_path: string;
            /** Returned State */
            returned_state: string;
            /** Returned Text */
            returned_text: string;
            /** State */
            state: string;
            /** Text */
            text: string;
            /** Title */
            title: string;
        };
        /**
         * OwnCheckOut
         * @description A check that the student may run.
         */
        OwnCheckOut: {
            run: components["schemas"]["CheckRunOut"] | null;
            /** Shows Output */
            shows_output: boolean;
        };
        /** OwnClassAnswer */
        OwnClassAnswer: {
            cohort: components["schemas"]["OwnClassOut"] | null;
        };
        /**
         * OwnClassOut
         * @description What a student is told of the class.
         */
        OwnClassOut: {
            /** Instructors */
            instructors: string[];
            /** Name */
            name: string;
            next_class: components["schemas"]["ClassOut"] | null;
            /** Time Zone */
            time_zone: string;
        };
        /** OwnerOut */
        OwnerOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
        };
        /** PastFileOut */
        PastFileOut: {
            /** Compared */
            compared: boolean;
            /** Cut */
            cut: boolean;
            /** Lines */
            lines: components["schemas"]["DifferenceLineOut"][];
            /** Missing There */
            missing_there: boolean;
            /** Size */
            size: number;
            /** Text */
            text: string | null;
        };
        /** PendingListOut */
        PendingListOut: {
            /** Items */
            items: components["schemas"]["PendingOut"][];
        };
        /** PendingOut */
        PendingOut: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Email */
            email: string;
            /** Expired */
            expired: boolean;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            mail: components["schemas"]["MailState"];
            /** Mail Problem */
            mail_problem: string;
            /** Name */
            name: string;
        };
        /** PeopleIn */
        PeopleIn: {
            /** Active */
            active?: boolean | null;
            /** Cohort */
            cohort?: string | null;
            /**
             * Page
             * @default 1
             */
            page: number;
            /**
             * Q
             * @default
             */
            q: string;
            role?: components["schemas"]["Role"] | null;
            seen?: components["schemas"]["Seen"] | null;
            track?: components["schemas"]["Track"] | null;
        };
        /** PeopleOut */
        PeopleOut: {
            /** Erase Grace Days */
            erase_grace_days: number;
            /** Items */
            items: components["schemas"]["PersonOut"][];
            /** Per Page */
            per_page: number;
            /** Total */
            total: number;
        };
        /** PersonalDataOut */
        PersonalDataOut: {
            export: components["schemas"]["ExportOut"] | null;
        };
        /** PersonOut */
        PersonOut: {
            /** Active */
            active: boolean;
            cohort: components["schemas"]["NamedOut"] | null;
            /** Email */
            email: string;
            erasure: components["schemas"]["ErasureOut"] | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
            /** Second Factor */
            second_factor: boolean;
            /** Seen At */
            seen_at: string | null;
            track: components["schemas"]["Track"] | null;
            /** Workspaces */
            workspaces: number;
        };
        /** PoolOut */
        PoolOut: {
            /** Policy */
            policy: string;
            /** Ready */
            ready: number;
            /** Reasons */
            reasons: string[];
            /** Spent H */
            spent_h: number;
            /** Target */
            target: number;
        };
        /** PreviewIn */
        PreviewIn: {
            /**
             * Content
             * @default
             */
            content: string;
            /** File */
            file?: string | null;
        };
        /**
         * PreviewOut
         * @description What a calendar file would mean for a cohort.
         */
        PreviewOut: {
            /** Classes */
            classes: components["schemas"]["ClassOut"][];
            /** Notes */
            notes: string[];
        };
        /**
         * Problem
         * @description What went wrong (RFC 9457). `reason` is stable and for programs; `detail` is for people.
         */
        Problem: {
            /** Detail */
            detail: string;
            /**
             * Errors
             * @default null
             */
            errors: components["schemas"]["FieldError"][] | null;
            /** Reason */
            reason: string;
            /**
             * Remedy
             * @default null
             */
            remedy: string | null;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /** Type */
            type: string;
        };
        /** ProgramsIn */
        ProgramsIn: {
            /** Ids */
            ids: string[];
        };
        /** ProgramsListOut */
        ProgramsListOut: {
            /** Items */
            items: components["schemas"]["ProgramsOut"][];
        };
        /** ProgramsOut */
        ProgramsOut: {
            /** Known */
            known: boolean;
            /** Programs */
            programs: string[];
            /** Workspace Id */
            workspace_id: string;
        };
        /** ProviderOut */
        ProviderOut: {
            /** Id */
            id: string;
            /** Name */
            name: string;
        };
        /** PutBackIn */
        PutBackIn: {
            /**
             * Continues
             * @default
             */
            continues: string;
            /** Path */
            path: string;
        };
        /** PutBackOut */
        PutBackOut: {
            /** Continues */
            continues: string;
            /** Failure */
            failure: string;
            /** Files */
            files: number;
            /** Left Out */
            left_out: components["schemas"]["NotKeptOut"][];
            /** Left Out Count */
            left_out_count: number;
            state: components["schemas"]["PutBackState"];
        };
        /**
         * PutBackState
         * @enum {string}
         */
        PutBackState: "done" | "working" | "failed";
        /** RestoreIn */
        RestoreIn: {
            /** Snapshot */
            snapshot: string;
        };
        /** ReturnedOut */
        ReturnedOut: {
            /** Returned */
            returned: number;
        };
        /** ReturnFilesIn */
        ReturnFilesIn: {
            /** Files */
            files: components["schemas"]["UploadIn"][];
        };
        /**
         * Role
         * @enum {string}
         */
        Role: "student" | "instructor" | "assistant" | "admin";
        /** RosterIn */
        RosterIn: {
            /**
             * Content
             * @default
             */
            content: string;
            /** File */
            file?: string | null;
        };
        /** RosterLineOut */
        RosterLineOut: {
            /** Email */
            email: string;
            /** Name */
            name: string;
            /** Note */
            note: string;
            /** Number */
            number: number;
            outcome: components["schemas"]["Outcome"];
        };
        /** RosterOut */
        RosterOut: {
            /** Lines */
            lines: components["schemas"]["RosterLineOut"][];
            /** Missing */
            missing: components["schemas"]["CandidateOut"][];
        };
        /** RowOwnerOut */
        RowOwnerOut: {
            /** Active */
            active: boolean;
            /** Email */
            email: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
        };
        /** SchoolOut */
        SchoolOut: {
            /** Isolated */
            isolated: boolean;
            /** Name */
            name: string;
            /** Warnings */
            warnings: string[];
        };
        /**
         * Seen
         * @description When somebody last signed in or had a workspace up.
         * @enum {string}
         */
        Seen: "within_week" | "not_for_month" | "never";
        /** SentOut */
        SentOut: {
            /** Reached */
            reached: number;
        };
        /** SessionsOut */
        SessionsOut: {
            /** Running */
            running: number;
            /** Starting */
            starting: number;
            /** Stopping */
            stopping: number;
        };
        /** SharedDataOut */
        SharedDataOut: {
            /** Available */
            available: boolean;
            /** Files */
            files: components["schemas"]["SharedFileOut"][];
            /** Limit Bytes */
            limit_bytes: number;
            /** Uploads */
            uploads: components["schemas"]["SharedUploadOut"][];
            /** Versions */
            versions: components["schemas"]["SharedVersionOut"][];
        };
        /** SharedFileOut */
        SharedFileOut: {
            /** Path */
            path: string;
            /** Size */
            size: number;
        };
        /** SharedUploadOut */
        SharedUploadOut: {
            /** Failure */
            failure: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Received */
            received: number;
            /** Size */
            size: number;
        };
        /** SharedVersionOut */
        SharedVersionOut: {
            /** Bytes */
            bytes: number;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Files */
            files: number;
            /** Is Current */
            is_current: boolean;
            /** Number */
            number: number;
            /** What */
            what: string;
        };
        /** ShareIn */
        ShareIn: {
            audience: components["schemas"]["Audience"];
            /**
             * Hours
             * @default 24
             */
            hours: number;
        };
        /** ShareListOut */
        ShareListOut: {
            /** Audiences */
            audiences: components["schemas"]["Audience"][];
            /** Shares */
            shares: components["schemas"]["ShareOut"][];
        };
        /** ShareOut */
        ShareOut: {
            audience: components["schemas"]["Audience"];
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /** Port */
            port: number;
            /** Url */
            url: string;
        };
        /** SignInIn */
        SignInIn: {
            /**
             * Next
             * @default /dashboard
             */
            next: string;
        };
        /**
         * SignInOut
         * @description How people sign in at this school.
         */
        SignInOut: {
            /** Passwords */
            passwords: boolean;
            /** Platform */
            platform: string | null;
            /** Providers */
            providers: components["schemas"]["ProviderOut"][];
            /** School */
            school: string;
        };
        /** SignInStartOut */
        SignInStartOut: {
            /** Url */
            url: string;
        };
        /** SizeListOut */
        SizeListOut: {
            /** Choices */
            choices: components["schemas"]["WorkspaceSize"][];
            chosen: components["schemas"]["WorkspaceSize"] | null;
            /** Items */
            items: components["schemas"]["SizeOut"][];
        };
        /** SizeNeedOut */
        SizeNeedOut: {
            /** Memory Mib */
            memory_mib: number;
            size: components["schemas"]["WorkspaceSize"];
            /** Workspaces */
            workspaces: number;
        };
        /**
         * SizeOut
         * @description What a size of workspace means in this school.
         */
        SizeOut: {
            /** Is Default */
            is_default: boolean;
            /** Memory Mib */
            memory_mib: number;
            size: components["schemas"]["WorkspaceSize"];
        };
        /** SnapshotOut */
        SnapshotOut: {
            /** Id */
            id: string;
            /**
             * Taken At
             * Format: date-time
             */
            taken_at: string;
        };
        /** SnapshotsOut */
        SnapshotsOut: {
            /** Items */
            items: components["schemas"]["SnapshotOut"][];
            workspace: components["schemas"]["WorkspaceRowOut"];
        };
        /** StarterOut */
        StarterOut: {
            /** Bytes */
            bytes: number;
            /** Files */
            files: number;
            /** Paths */
            paths: string[];
            /**
             * Set At
             * Format: date-time
             */
            set_at: string;
        };
        /**
         * State
         * @enum {string}
         */
        State: "fine" | "near" | "spent";
        /**
         * StepName
         * @description A step of a launch or of the stop that ends it, in the order in which they usually come.
         * @enum {string}
         */
        StepName: "requested" | "task_starting" | "task_ready" | "task_claimed" | "task_failed" | "task_cleaned_up" | "home_attached" | "progress" | "application_ready" | "saving" | "came_back" | "saved" | "task_stopped" | "restored" | "failed";
        /** StopAllIn */
        StopAllIn: {
            /** Ids */
            ids: string[];
        };
        /**
         * StopReason
         * @description Why a workspace stopped or, while it runs, why it will stop if nothing happens.
         * @enum {string}
         */
        StopReason: "by_person" | "idle" | "session_limit" | "restart" | "deleted" | "task_ended" | "launch_failed" | "disk";
        /** StudentHoursOut */
        StudentHoursOut: {
            /** Cohort */
            cohort: string;
            /** Cohort Id */
            cohort_id: string | null;
            /** Dollars */
            dollars: number | null;
            /** Email */
            email: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            kind: components["schemas"]["WorkspaceKind"];
            /** Name */
            name: string;
            /** Sessions */
            sessions: number;
            /** Task Hours */
            task_hours: number;
        };
        /** StudentStateOut */
        StudentStateOut: {
            /** At */
            at: string | null;
            /** Beside */
            beside: components["schemas"]["BesideOut"][];
            /** Beside Count */
            beside_count: number;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** State */
            state: string;
            /** Text */
            text: string;
        };
        /** SubmissionListOut */
        SubmissionListOut: {
            /** Due At Local */
            due_at_local: string | null;
            /** Folder */
            folder: string;
            /** Has Check */
            has_check: boolean;
            /** Items */
            items: components["schemas"]["SubmissionOut"][];
            /** Shows History */
            shows_history: boolean;
            /** Time Zone */
            time_zone: string;
            /** Title */
            title: string;
        };
        /** SubmissionOut */
        SubmissionOut: {
            /** Changed Since */
            changed_since: boolean;
            /** Comment */
            comment: string;
            /** Copies */
            copies: components["schemas"]["CopyOut"][];
            /** Due At */
            due_at: string | null;
            /** Due At Local */
            due_at_local: string | null;
            /** Extended */
            extended: boolean;
            /** Files */
            files: number;
            /** Files Bytes */
            files_bytes: number;
            /** Mark */
            mark: string;
            /** Returned At */
            returned_at: string | null;
            /** State */
            state: string;
            /** Student */
            student: string;
            /**
             * Student Id
             * Format: uuid
             */
            student_id: string;
            /** Text */
            text: string;
        };
        /** SwitchIn */
        SwitchIn: {
            /** Number */
            number: number;
        };
        /** TeacherOut */
        TeacherOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
        };
        /** TileActivityOut */
        TileActivityOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Is Start */
            is_start: boolean;
            /** Reason */
            reason: string;
        };
        /**
         * TileOut
         * @description A student on the class's wall.
         */
        TileOut: {
            activity: components["schemas"]["TileActivityOut"] | null;
            /** Asked At */
            asked_at: string | null;
            /** Failure */
            failure: string | null;
            /** Helpers */
            helpers: components["schemas"]["HelperOut"][];
            /** May Look */
            may_look: boolean;
            /** May Open */
            may_open: boolean;
            /** Running Since */
            running_since: string | null;
            state: components["schemas"]["WorkspaceState"] | null;
            student: components["schemas"]["TileStudentOut"];
        };
        /** TileStudentOut */
        TileStudentOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
        };
        /** TimetableIn */
        TimetableIn: {
            /**
             * Content
             * @default
             */
            content: string;
            /** File */
            file?: string | null;
            /** File Name */
            file_name: string;
        };
        /** TimetableOut */
        TimetableOut: {
            /** Classes */
            classes: components["schemas"]["ClassOut"][];
            feed: components["schemas"]["FeedOut"] | null;
            /** File Name */
            file_name: string;
            /** Notes */
            notes: string[];
            /**
             * Uploaded At
             * Format: date-time
             */
            uploaded_at: string;
            /** Uploaded By */
            uploaded_by: string | null;
        };
        /**
         * Track
         * @enum {string}
         */
        Track: "FSD" | "DP";
        /**
         * Unit
         * @enum {string}
         */
        Unit: "hours" | "dollars";
        /** UploadIn */
        UploadIn: {
            /** Content */
            content: string;
            /** Name */
            name: string;
        };
        /**
         * VisitMode
         * @enum {string}
         */
        VisitMode: "join" | "look";
        /**
         * VisitorOut
         * @description An instructor who is, or may be, in your workspace.
         */
        VisitorOut: {
            because: components["schemas"]["VisitReason"];
            /**
             * Began At
             * Format: date-time
             */
            began_at: string;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            mode: components["schemas"]["VisitMode"];
            /** Name */
            name: string;
        };
        /**
         * VisitOut
         * @description You may be in a student's workspace.
         */
        VisitOut: {
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /** Url */
            url: string;
        };
        /**
         * VisitReason
         * @description Why it is allowed.
         * @enum {string}
         */
        VisitReason: "call" | "class" | "school";
        /** WallOut */
        WallOut: {
            /** Items */
            items: components["schemas"]["TileOut"][];
        };
        /**
         * WorkspaceKind
         * @enum {string}
         */
        WorkspaceKind: "vscode" | "superset";
        /** WorkspaceListOut */
        WorkspaceListOut: {
            /** Items */
            items: components["schemas"]["WorkspaceOut"][];
            /** Kinds */
            kinds: components["schemas"]["KindOut"][];
            /** Notices */
            notices: string[];
        };
        /** WorkspaceOut */
        WorkspaceOut: {
            /** Deleted At */
            deleted_at: string | null;
            /** Failure */
            failure: string | null;
            /** Files At Rest */
            files_at_rest: boolean;
            /** Has History */
            has_history: boolean;
            /** Has Home */
            has_home: boolean;
            home_use: components["schemas"]["HomeUseOut"] | null;
            /** Id */
            id: string;
            /** Idle Timeout S */
            idle_timeout_s: number;
            /** Keep Running Max S */
            keep_running_max_s: number;
            /** Keep Running Until */
            keep_running_until: string | null;
            kind: components["schemas"]["WorkspaceKind"];
            last_activity: components["schemas"]["ActivityOut"] | null;
            launch_path: components["schemas"]["LaunchPath"] | null;
            /** Name */
            name: string;
            owner: components["schemas"]["OwnerOut"];
            /** Purge At */
            purge_at: string | null;
            /** Running Since */
            running_since: string | null;
            size: components["schemas"]["WorkspaceSize"];
            state: components["schemas"]["WorkspaceState"];
            /** Steps */
            steps: components["schemas"]["LaunchStepOut"][];
            stop_reason: components["schemas"]["StopReason"] | null;
            /** Stopped At */
            stopped_at: string | null;
            /** Stops At */
            stops_at: string | null;
            /** Stops Because */
            stops_because: string | null;
            stops_reason: components["schemas"]["StopReason"] | null;
            /** Url */
            url: string;
            /** Warned */
            warned: boolean;
        };
        /** WorkspacePageOut */
        WorkspacePageOut: {
            /** Items */
            items: components["schemas"]["WorkspaceRowOut"][];
            /** Per Page */
            per_page: number;
            /** Total */
            total: number;
        };
        /** WorkspaceRowOut */
        WorkspaceRowOut: {
            cohort: components["schemas"]["NamedOut"] | null;
            /** Disk Bytes */
            disk_bytes: number | null;
            /** Disk Limit Bytes */
            disk_limit_bytes: number | null;
            /** Failure */
            failure: string | null;
            /** Id */
            id: string;
            /** Keep Running Until */
            keep_running_until: string | null;
            kind: components["schemas"]["WorkspaceKind"];
            last_activity: components["schemas"]["ActivityOut"] | null;
            /** Memory Bytes */
            memory_bytes: number | null;
            /** Memory Limit Bytes */
            memory_limit_bytes: number | null;
            /** Name */
            name: string;
            owner: components["schemas"]["RowOwnerOut"];
            /** Restored */
            restored: string | null;
            /** Restoring */
            restoring: boolean;
            /** Running Since */
            running_since: string | null;
            size: components["schemas"]["WorkspaceSize"];
            /** Snapshot Failure */
            snapshot_failure: string | null;
            state: components["schemas"]["WorkspaceState"];
            stop_reason: components["schemas"]["StopReason"] | null;
            /** Stopped At */
            stopped_at: string | null;
            /** Stops At */
            stops_at: string | null;
            /** Stops Because */
            stops_because: string | null;
        };
        /** WorkspacesIn */
        WorkspacesIn: {
            /** Cohort */
            cohort?: string | null;
            kind?: components["schemas"]["WorkspaceKind"] | null;
            /**
             * Page
             * @default 1
             */
            page: number;
            /**
             * Q
             * @default
             */
            q: string;
            /**
             * Up
             * @default true
             */
            up: boolean;
        };
        /**
         * WorkspaceSize
         * @description How much memory a workspace may use, and its share of the CPU: contract/sizes.py.
         * @enum {string}
         */
        WorkspaceSize: "small" | "medium" | "large";
        /**
         * WorkspaceState
         * @description A workspace's life: docs/state-diagram.md.
         * @enum {string}
         */
        WorkspaceState: "stopped" | "starting" | "running" | "stopping" | "deleted";
        /**
         * YouOut
         * @description The person who is signed in.
         */
        YouOut: {
            /** Name */
            name: string;
            /** Note */
            note: string;
            outcome: components["schemas"]["JoinOutcome"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_own_assignments: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnAssignmentListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_own_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_own_returned_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_own_class: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnClassAnswer"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_cohorts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_cohort: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCohortIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_cohort: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_cohort: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeleteCohortIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_cohort: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeCohortIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_assignments: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignmentListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_assignment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateAssignmentIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignmentOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_assignment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignmentDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_assignment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_assignment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeAssignmentIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignmentOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_checks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replace_assignment_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilesIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignmentOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_submissions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmissionListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_submission: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FeedbackIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_check_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                number: number;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckRunOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_submitted_file: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                number: number;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_submitted_file: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                number: number;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_submitted_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                number: number;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    extend_submission: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExtensionIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_return_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_return_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReturnFilesIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    return_submission: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    collect_submissions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CollectIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_marks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    return_submissions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReturnedOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_submissions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                assignment_id: string;
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_candidates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CandidateListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_course_of_cohort: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CourseStateOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disconnect_course: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CourseStateOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_marks_again: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CourseStateOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import_course_roster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    preview_course_roster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_instructors: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InstructorsIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_pending: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PendingListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_again: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_join_links: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinLinkListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_join_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinLinkIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_join_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                link_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_help: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_students_history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_students_past_file: {
        parameters: {
            query: {
                against?: string;
                path: string;
            };
            header?: never;
            path: {
                checkpoint_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PastFileOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_students_past_files: {
        parameters: {
            query?: {
                path?: string;
            };
            header?: never;
            path: {
                checkpoint_id: string;
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_students_versions: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileVersionsOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_look: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_look: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    look_at_file: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookedFileOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    look_at_folder: {
        parameters: {
            query?: {
                path?: string;
            };
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_visit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_visit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                student_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import_roster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RosterIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    preview_roster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RosterIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_shared_data: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedDataOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switch_shared_data: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SwitchIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_shared_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BeginUploadIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedUploadOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_shared_piece: {
        parameters: {
            query: {
                offset: number;
            };
            header?: never;
            path: {
                cohort_id: string;
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedUploadOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_shared_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_starter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortStarterOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_starter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilesIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortStarterOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_starter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_timetable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TimetableIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_timetable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    follow_feed: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FeedIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortDetailOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    preview_feed: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FeedIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    preview_timetable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_wall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WallOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_wall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_class: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassWorkspacesOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_class: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassWorkspacesOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_instructors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstructorListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_all_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnnouncementIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                action?: string;
                before?: number | null;
                person?: string;
                since?: string | null;
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_audit: {
        parameters: {
            query?: {
                action?: string;
                person?: string;
                since?: string | null;
                until?: string | null;
            };
            header?: never;
            path: {
                kind: "csv" | "jsonl";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    console_capacity: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CapacityOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    console_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsoleHealthOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: {
                active?: boolean | null;
                cohort?: string | null;
                page?: number;
                q?: string;
                role?: components["schemas"]["Role"] | null;
                seen?: components["schemas"]["Seen"] | null;
                track?: components["schemas"]["Track"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeopleOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deactivate_person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    erase_person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EraseIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keep_person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonalDataOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_for_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonalDataOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reactivate_person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reset_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_all_workspaces: {
        parameters: {
            query?: {
                cohort?: string | null;
                kind?: components["schemas"]["WorkspaceKind"] | null;
                page?: number;
                q?: string;
                up?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspacePageOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keep_any_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeepIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceRowOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restart_any_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceRowOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restore_any_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RestoreIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceRowOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_snapshots: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SnapshotsOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_any_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceRowOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_all_workspaces: {
        parameters: {
            query?: {
                cohort?: string | null;
                kind?: components["schemas"]["WorkspaceKind"] | null;
                page?: number;
                q?: string;
                up?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_all_programs: {
        parameters: {
            query: {
                ids: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProgramsListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_workspaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StopAllIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassWorkspacesOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_costs: {
        parameters: {
            query?: {
                since?: string | null;
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostsOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_budgets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetsOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortBudgetOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BudgetIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortBudgetOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cohort_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CohortBudgetOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_course: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CourseOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connect_course: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CourseOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthOut"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_help: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_for_help: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    lower_help: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_invitations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenInvitationOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_join_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenJoinLinkOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join_by_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinedOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_for_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinRequestIn"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_own_export: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonalDataOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_for_own_export: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonalDataOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_own_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_messages: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dismiss_message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInStartOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workspaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeleteWorkspaceIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_past_file: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path: {
                checkpoint_id: string;
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_past_file: {
        parameters: {
            query: {
                against?: string;
                path: string;
            };
            header?: never;
            path: {
                checkpoint_id: string;
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PastFileOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_past_files: {
        parameters: {
            query?: {
                path?: string;
            };
            header?: never;
            path: {
                checkpoint_id: string;
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_back: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                checkpoint_id: string;
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PutBackIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PutBackOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keep_running: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeepRunningIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_programs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProgramsOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restart_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_shares: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    share_port: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                port: number;
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_share: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                port: number;
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undelete_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workspace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CreateWorkspaceIn"] | null;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkspaceOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sizes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SizeListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    choose_size: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChooseSizeIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SizeListOut"];
                };
            };
            /** @description What went wrong (RFC 9457) */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
