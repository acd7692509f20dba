import type { AllauthRoute, AllauthRoutes, Flow } from "../lib/allauth/types";
import type { components, paths } from "../lib/api/schema.gen";

/**
 * The requests that a fake backend can answer, and the shape of each answer: the API's own types.
 */

type Method = "get" | "post" | "put" | "patch" | "delete";
type RouteOf<Path extends keyof paths> = {
  [M in Method]: paths[Path][M] extends { responses: unknown } ? `${Uppercase<M>} ${Path}` : never;
}[Method];

/** "GET /api/cohorts/{cohort_id}/" and so on. */
export type ApiRoute = { [Path in keyof paths]: RouteOf<Path> }[keyof paths];

type Operation<Route extends ApiRoute> = Route extends `${infer Verb} ${infer Path extends keyof paths}`
  ? paths[Path][Lowercase<Verb> & Method]
  : never;
type Json<Part> = Part extends { content: { "application/json": infer Content } } ? Content : undefined;
type Success<Responses> = {
  [Status in keyof Responses & number]: { status: Status; body: Json<Responses[Status]> };
}[keyof Responses & number];
type Problem = Pick<components["schemas"]["Problem"], "detail" | "reason"> & Partial<components["schemas"]["Problem"]>;
type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 429 | 500 | 502 | 503;

export type ApiAnswer<Route extends ApiRoute> =
  | (Operation<Route> extends { responses: infer Responses } ? Success<Responses> : never)
  | { status: ErrorStatus; body: Problem };
type ApiBody<Route extends ApiRoute> = Operation<Route> extends { requestBody: infer Part } ? Json<Part> : undefined;

export type AllauthAnswer<Route extends AllauthRoute> =
  | { status: 200; body: { data?: AllauthRoutes[Route]["data"] } }
  | { status: 400; body: { errors: { message: string; code: string; param?: string }[] } }
  | { status: 401; body: { data: { flows: Flow[] }; meta: { is_authenticated: boolean } } }
  | { status: 404; body: { meta: AllauthRoutes[Route]["data"] } }
  | { status: 409; body: Record<string, never> };

/** An answer, or a function that makes one from the request's path parameters and body. */
type Handler<Answer, Body> = Answer | ((params: Record<string, string>, body: Body) => Answer | Promise<Answer>);

export type Answers = { [Route in ApiRoute]?: Handler<ApiAnswer<Route>, ApiBody<Route>> } & {
  [Route in AllauthRoute]?: Handler<AllauthAnswer<Route>, AllauthRoutes[Route]["body"]>;
};

const ALLAUTH = "/api/auth/browser/v1";

/** The answer to a request; undefined when the fake backend has none. */
export async function respond(
  answers: Answers,
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; body: unknown } | undefined> {
  const wanted = `${method} ${path.startsWith(ALLAUTH) ? path.slice(ALLAUTH.length) : path}`;
  // A route without parameters comes first: "create" is not the id of a workspace.
  const routes = Object.keys(answers).sort((a, b) => Number(a.includes("{")) - Number(b.includes("{")));
  for (const route of routes) {
    const pattern = new RegExp(`^${route.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
    const match = pattern.exec(wanted);
    if (match === null) continue;
    const handler = answers[route as keyof Answers] as Handler<{ status: number; body: unknown }, unknown>;
    return typeof handler === "function" ? await handler({ ...match.groups }, body) : handler;
  }
  return undefined;
}
