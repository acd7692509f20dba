// Generated from backend/openapi.json by `npm run generate`. Do not edit.

export interface paths {
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
         * @description Instructors invite students, admins anyone. An earlier open invitation of the address ends.
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
         * @description For whoever holds the link, before they sign up.
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
         * @description Marks it for deletion; it can be undone until `purge_at`. 422 when the name is not the workspace's name.
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
         * @description `event: workspace` (at once, and at each change), `event: kinds`; a comment every 15 s keeps it open.
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
         * @description Not stopped for idleness before then; capped at `keep_running_max_s`. 0 hours end an earlier wish.
         */
        post: operations["keep_running"];
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
         * @description Always launches. 201: created; 200: it was there. Answers at once, `starting` or `running`.
         */
        post: operations["create_workspace"];
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
            /** Reason */
            reason: string;
        };
        /** CreateWorkspaceIn */
        CreateWorkspaceIn: {
            kind?: components["schemas"]["WorkspaceKind"] | null;
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
        /** FieldError */
        FieldError: {
            /** Field */
            field: string;
            /** Message */
            message: string;
        };
        /** HealthOut */
        HealthOut: {
            database: components["schemas"]["DependencyOut"];
            manager: components["schemas"]["DependencyOut"];
            redis: components["schemas"]["DependencyOut"];
            /**
             * State
             * @enum {string}
             */
            state: "up" | "down";
        };
        /** InvitationIn */
        InvitationIn: {
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
            /** Id */
            id: string;
            /** Invited By */
            invited_by: string;
            role: components["schemas"]["Role"];
            track: components["schemas"]["Track"] | null;
            /** Url */
            url: string | null;
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
         * @description How a launch was served: the three branches of the document's decision tree.
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
            /** Name */
            name: string;
            /** Text */
            text: string;
        };
        /** MeOut */
        MeOut: {
            /** Email */
            email: string;
            /** Id */
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
        };
        /**
         * OpenInvitationOut
         * @description What somebody who holds the link may see before they sign up.
         */
        OpenInvitationOut: {
            /** Email */
            email: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            role: components["schemas"]["Role"];
            /** School */
            school: string;
            track: components["schemas"]["Track"] | null;
        };
        /** OwnerOut */
        OwnerOut: {
            /** Id */
            id: string;
            /** Name */
            name: string;
        };
        /**
         * Problem
         * @description What went wrong (RFC 9457). `reason` is stable and meant for programs; `detail` is meant for people.
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
        /**
         * Role
         * @enum {string}
         */
        Role: "student" | "instructor" | "admin";
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
         * StopReason
         * @enum {string}
         */
        StopReason: "by_person" | "idle" | "session_limit" | "restart" | "deleted" | "task_ended" | "launch_failed";
        /**
         * Track
         * @enum {string}
         */
        Track: "FSD" | "DP";
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
        };
        /** WorkspaceOut */
        WorkspaceOut: {
            /** Deleted At */
            deleted_at: string | null;
            /** Failure */
            failure: string | null;
            /** Has Home */
            has_home: boolean;
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
            /** Url */
            url: string;
            /** Warned */
            warned: boolean;
        };
        /**
         * WorkspaceState
         * @description A workspace's life; the only transition table is manager/domain/workspace.py.
         * @enum {string}
         */
        WorkspaceState: "stopped" | "starting" | "running" | "stopping" | "deleted";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
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
}
