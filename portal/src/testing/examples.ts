import type { Capacity, CohortDetail, CourseState, Finding, Me, Need, Workspace, WorkspaceRow } from "@/lib/api/types";

/** Complete examples of what the API answers, for tests to change. */

export const COHORT_ID = "0d5b3f0e-1111-4222-8333-444455556666";

export function cohort(fields: Partial<CohortDetail> = {}): CohortDetail {
  return {
    id: COHORT_ID,
    name: "Berlin-3",
    track: "FSD",
    time_zone: "Europe/Berlin",
    active: true,
    size: null,
    choice_up_to: null,
    students: 0,
    instructors: [],
    has_timetable: false,
    next_class: null,
    members: [],
    timetable: null,
    shows_history: false,
    ...fields,
  };
}

/** Of a school without a learning platform. */
export function courseState(fields: Partial<CourseState> = {}): CourseState {
  return {
    platform: null,
    course: null,
    connected_at: null,
    shares_people: false,
    shares_gradebook: false,
    roster_at: null,
    marks_sent: 0,
    marks_waiting: 0,
    mark_problems: [],
    ...fields,
  };
}

export function person(fields: Partial<Me> = {}): Me {
  return {
    id: "1",
    email: "amara@school.example",
    name: "Amara Okafor",
    role: "student",
    track: "FSD",
    kinds: ["vscode"],
    mfa_enabled: false,
    uses_password: true,
    school: { name: "Nordlicht Bootcamp", isolated: true, warnings: [] },
    ...fields,
  };
}

/** A stopped workspace. */
export function workspace(fields: Partial<Workspace> = {}): Workspace {
  return {
    id: "ws-abcdefghij",
    kind: "vscode",
    name: "Amara Okafor's VS Code",
    state: "stopped",
    url: "/workspace/ws-abcdefghij/",
    steps: [],
    launch_path: null,
    running_since: null,
    last_activity: null,
    idle_timeout_s: 1800,
    stops_at: null,
    stops_because: null,
    stops_reason: null,
    warned: false,
    keep_running_until: null,
    keep_running_max_s: 14400,
    stop_reason: null,
    has_history: false,
    files_at_rest: false,
    stopped_at: null,
    deleted_at: null,
    purge_at: null,
    failure: null,
    has_home: true,
    size: "small",
    home_use: null,
    owner: { id: "1", name: "Amara Okafor" },
    ...fields,
  };
}

/** A workspace that is up, as the console lists it. */
export function workspaceRow(fields: Partial<WorkspaceRow> = {}): WorkspaceRow {
  return {
    id: "ws-abcdefghij",
    name: "Amara Okafor's VS Code",
    kind: "vscode",
    owner: { id: "1", name: "Amara Okafor", email: "amara@school.example", active: true },
    cohort: { id: COHORT_ID, name: "Berlin-3" },
    state: "running",
    running_since: null,
    last_activity: null,
    stops_at: null,
    stops_because: null,
    keep_running_until: null,
    stop_reason: null,
    stopped_at: null,
    failure: null,
    snapshot_failure: null,
    restoring: false,
    restored: null,
    size: "small",
    memory_bytes: null,
    memory_limit_bytes: null,
    disk_bytes: null,
    disk_limit_bytes: null,
    ...fields,
  };
}

/** Something that the console's page Health tells. */
export function finding(fields: Partial<Finding> = {}): Finding {
  return { name: "Disk", state: "fine", text: "40 GB are free", remedy: "", since: null, guide: null, ...fields };
}

/** What thirty students of one class need. */
export function need(fields: Partial<Need> = {}): Need {
  return {
    at: "2026-11-30T09:00:00Z",
    cohorts: [{ id: COHORT_ID, name: "Berlin-3" }],
    sizes: [{ size: "small", memory_mib: 1536, workspaces: 30 }],
    memory_mib: 46_080,
    fits: true,
    ...fields,
  };
}

/** One machine, with a few workspaces up. */
export function capacity(fields: Partial<Capacity> = {}): Capacity {
  return {
    sessions: { running: 12, starting: 3, stopping: 0 },
    memory_taken_mib: 23_040,
    memory_max_mib: 49_152,
    tasks_max: 200,
    machine: {
      memory_bytes: 64e9,
      memory_free_bytes: 20e9,
      cpus: 8,
      load: 2.5,
      workspaces_bytes: 9e9,
      disks: [{ place: "the homes", free_bytes: 40e9, total_bytes: 100e9, reserve_bytes: 5e9 }],
    },
    pool: { policy: "predicted", ready: 4, target: 5, reasons: ["VS Code: 5 wanted, a class at 9:00"], spent_h: 1.5 },
    needs: [],
    more_needs: 0,
    largest: null,
    ...fields,
  };
}
