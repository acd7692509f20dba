// A SAML identity provider for tests: Auth0's `samlp`, with a page that asks for a name.
// Its one argument is a JSON file: {port, acs, issuer, certificate, key, people}. `people` is a file,
// read at each sign-in: by the name they sign in with, each person's attributes, NameID and `options`,
// which go to samlp as they are.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import samlp from "samlp";

const settings = JSON.parse(await readFile(process.argv[2], "utf8"));
const [cert, key] = [await readFile(settings.certificate), await readFile(settings.key)];

function profileMapper({ attributes, id, format }) {
  return {
    getClaims: () => attributes,
    getNameIdentifier: () => ({ nameIdentifier: id, nameIdentifierFormat: format }),
  };
}
profileMapper.prototype = { metadata: [] };

const metadata = samlp.metadata({
  issuer: settings.issuer,
  cert,
  profileMapper,
  redirectEndpointPath: "/sso",
  postEndpointPath: "/sso",
});

async function answer(request, response, next) {
  const people = JSON.parse(await readFile(settings.people, "utf8"));
  const person = people[request.query.login];
  if (person === undefined) return response.send(403);
  samlp.auth({
    issuer: settings.issuer,
    cert,
    key,
    profileMapper,
    getUserFromRequest: () => person,
    getPostURL: (_audience, _request, _dom, done) => done(null, settings.acs),
    recipient: settings.acs,
    destination: settings.acs,
    lifetimeInSeconds: 300,
    ...person.options,
  })(request, response, next);
}

const escaped = (text = "") => text.replace(/[&"<]/g, (it) => `&#${it.charCodeAt(0)};`);

function page({ query }, response) {
  const hidden = ["SAMLRequest", "RelayState"]
    .map((name) => `<input type="hidden" name="${name}" value="${escaped(query[name])}">`)
    .join("");
  response.set("Content-Type", "text/html");
  response.send(
    `<!doctype html><title>Sign in</title><form action="/answer">${hidden}<input name="login"><button>Sign in</button></form>`,
  );
}

/** What samlp expects of Express. */
function likeExpress(request, response) {
  const url = new URL(request.url, `http://${request.headers.host}`);
  request.query = Object.fromEntries(url.searchParams);
  request.originalUrl = request.url;
  request.protocol = "http";
  response.set = (name, value) => response.setHeader(name, value);
  response.send = (body) => {
    if (typeof body === "number") response.statusCode = body;
    response.end(typeof body === "number" ? "" : body);
  };
  return url.pathname;
}

createServer((request, response) => {
  const next = (problem) => {
    response.statusCode = 500;
    response.end(String(problem));
  };
  switch (likeExpress(request, response)) {
    case "/metadata":
      return metadata(request, response, next);
    case "/sso":
      return page(request, response);
    case "/answer":
      return answer(request, response, next).catch(next);
    default:
      return response.send(404);
  }
}).listen(settings.port, "127.0.0.1");
