/** What the server's codes mean, when the school's own sign-in did not lead to an account. */
const WORDS: Record<string, string> = {
  email_unverified:
    "The provider does not say that your email address is really yours, so it opens no account here. Ask your school to verify your address at the provider.",
  no_lasting_id:
    "The provider did not say who you are in a way that stays the same, so it opens no account here. Tell your school: the log says what to set.",
  email_missing: "The provider sent no email address. Ask your school to share it with ApraNova.",
  not_invited:
    "There is no account for your address, and nobody has invited it. Ask your instructor for an invitation or a join link.",
  no_place: "All places were taken before you signed in. Ask your instructor for a place.",
  inactive: "Your account is switched off. If you think that is a mistake, ask your school.",
  address_reused:
    "The account with your email address belongs to another account at the provider. Ask an admin of your school whose it is.",
  admin_by_lti:
    "Administrators do not sign in by a course of the learning platform. Sign in here, then open ApraNova from the course again.",
  course_not_connected:
    "There is no account for your address, and your course is not connected with a cohort yet. Ask your instructor to connect it.",
  cancelled: "You canceled the sign-in. Nothing has changed.",
};

export function providerError(code: string): string {
  return WORDS[code] ?? "The sign-in did not work. Try it again. If it fails again, tell your school.";
}
