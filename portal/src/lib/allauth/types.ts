/** The part of django-allauth's headless API (browser client, version 1) that the portal uses. */

export interface Flow {
  id: string;
  is_pending?: boolean;
  /** Of `mfa_authenticate` and `mfa_reauthenticate`: "totp", "recovery_codes". */
  types?: string[];
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
  account: { is_open_for_signup: boolean };
  mfa?: { supported_types: string[] };
  /** Absent when the installation does not keep a list of sessions. */
  usersessions?: { track_activity: boolean };
}
