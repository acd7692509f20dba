import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Me = Schemas["MeOut"];
export type Workspace = Schemas["WorkspaceOut"];
export type WorkspaceList = Schemas["WorkspaceListOut"];
export type WorkspaceKind = Schemas["WorkspaceKind"];
export type WorkspaceState = Schemas["WorkspaceState"];
export type LaunchStep = Schemas["LaunchStepOut"];
export type Kind = Schemas["KindOut"];
export type Invitation = Schemas["OpenInvitationOut"];
