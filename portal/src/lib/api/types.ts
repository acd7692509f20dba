import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Me = Schemas["MeOut"];
export type Workspace = Schemas["WorkspaceOut"];
export type WorkspaceList = Schemas["WorkspaceListOut"];
export type WorkspaceKind = Schemas["WorkspaceKind"];
export type WorkspaceSize = Schemas["WorkspaceSize"];
export type Size = Schemas["SizeOut"];
export type SizeList = Schemas["SizeListOut"];
export type WorkspaceState = Schemas["WorkspaceState"];
export type LaunchStep = Schemas["LaunchStepOut"];
/** As in the stream's event `ports`. */
export interface Port {
  port: number;
  /** Leads the owner to what the program serves there. */
  url: string;
}
export type Audience = Schemas["Audience"];
export type Share = Schemas["ShareOut"];
export type ShareList = Schemas["ShareListOut"];
export type Kind = Schemas["KindOut"];
export type Cohort = Schemas["CohortOut"];
export type CohortList = Schemas["CohortListOut"];
export type CohortDetail = Schemas["CohortDetailOut"];
export type CohortMember = Schemas["MemberOut"];
export type ClassTime = Schemas["ClassOut"];
export type TimetableFeed = Schemas["FeedOut"];
export type TimetableChange = Schemas["ChangeOut"];
export type TimetablePreview = Schemas["PreviewOut"];
export type Roster = Schemas["RosterOut"];
export type RosterLine = Schemas["RosterLineOut"];
export type PendingInvitation = Schemas["PendingOut"];
export type Wall = Schemas["WallOut"];
export type Helper = Schemas["HelperOut"];
export type Tile = Schemas["TileOut"];
export type HelpState = Schemas["HelpOut"];
export type Visitor = Schemas["VisitorOut"];
export type Announcement = Schemas["AnnouncementOut"];
export type Message = Schemas["MessageOut"];
export type ClassWorkspaces = Schemas["ClassWorkspacesOut"];
export type OwnClass = Schemas["OwnClassOut"];
export type JoinLink = Schemas["JoinLinkOut"];
export type OpenJoinLink = Schemas["OpenJoinLinkOut"];
export type Assignment = Schemas["AssignmentOut"];
export type AssignmentDetail = Schemas["AssignmentDetailOut"];
export type AssignmentStudent = Schemas["StudentStateOut"];
export type OwnAssignment = Schemas["OwnAssignmentOut"];
export type OwnCheck = Schemas["OwnCheckOut"];
export type CheckDefinition = Schemas["CheckDefinitionOut"];
export type CheckState = Schemas["CheckStateOut"];
export type Submission = Schemas["SubmissionOut"];
export type SubmissionList = Schemas["SubmissionListOut"];
export type SubmittedCopy = Schemas["CopyOut"];
export type SubmittedFile = Schemas["FileEntryOut"];
export type BesideFile = Schemas["BesideOut"];
export type WorkspaceRow = Schemas["WorkspaceRowOut"];
export type WorkspacePage = Schemas["WorkspacePageOut"];
export type AuditRecord = Schemas["AuditRecordOut"];
export type DataCopy = Schemas["ExportOut"];
export type Person = Schemas["PersonOut"];
export type History = Schemas["HistoryOut"];
export type Checkpoint = Schemas["CheckpointOut"];
export type PastEntry = Schemas["EntryOut"];
export type PutBackResult = Schemas["PutBackOut"];
export type Invitation = Schemas["OpenInvitationOut"];
