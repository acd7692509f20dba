/** The part of django-allauth's headless API (browser client, version 1) that the portal uses. */

export interface Flow {
  id: "login" | "signup" | "verify_email" | "mfa_authenticate" | "reauthenticate" | "mfa_reauthenticate";
  is_pending?: boolean;
}

export interface Authenticator {
  type: "totp" | "recovery_codes" | "webauthn";
  created_at: number;
  last_used_at: number | null;
}

export interface RecoveryCodes {
  total_code_count: number;
  unused_code_count: number;
  /** Absent when the codes were shown before. */
  unused_codes?: string[];
}

export interface TotpSetup {
  secret: string;
  /** otpauth://totp/… for the QR code. */
  totp_url: string;
}

export interface UserSession {
  id: number;
  ip: string;
  user_agent: string;
  created_at: number;
  last_seen_at?: number;
  is_current: boolean;
}

export interface AllauthConfig {
  /** Absent when the installation does not keep a list of sessions. */
  usersessions?: { track_activity: boolean };
}

interface Route<Data = unknown, Body = undefined> {
  data: Data;
  body: Body;
}

/** What each request sends, and the data of its successful answer. */
export interface AllauthRoutes {
  "GET /config": Route<AllauthConfig>;
  "POST /auth/login": Route<unknown, { email: string; password: string }>;
  "POST /auth/2fa/authenticate": Route<unknown, { code: string }>;
  "POST /auth/signup": Route<unknown, { email: string; name: string; password: string; invitation: string }>;
  "GET /auth/session": Route;
  "DELETE /auth/session": Route;
  "POST /auth/password/request": Route<unknown, { email: string }>;
  "GET /auth/password/reset": Route;
  "POST /auth/password/reset": Route<unknown, { key: string; password: string }>;
  "POST /auth/reauthenticate": Route<unknown, { password: string }>;
  "POST /auth/2fa/reauthenticate": Route<unknown, { code: string }>;
  "POST /account/password/change": Route<unknown, { current_password: string; new_password: string }>;
  "GET /account/authenticators": Route<Authenticator[]>;
  /** A new secret at each request, in the `meta` of a 404: there is no authenticator app yet. */
  "GET /account/authenticators/totp": Route<TotpSetup>;
  "POST /account/authenticators/totp": Route<unknown, { code: string }>;
  "DELETE /account/authenticators/totp": Route;
  "GET /account/authenticators/recovery-codes": Route<RecoveryCodes>;
  "POST /account/authenticators/recovery-codes": Route<RecoveryCodes, Record<string, never>>;
  "GET /auth/sessions": Route<UserSession[]>;
  "DELETE /auth/sessions": Route<unknown, { sessions: number[] }>;
}

export type AllauthRoute = keyof AllauthRoutes;
