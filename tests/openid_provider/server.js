// An OpenID provider for tests: the certified `oidc-provider`, with its development pages.
// Its one argument is a JSON file: {port, redirectUri, clientId, clientSecret, people}. `people` is a
// file, read at each sign-in, with the claims of each person by the name they sign in with.
import { readFile } from "node:fs/promises";

import { Provider } from "oidc-provider";

const settings = JSON.parse(await readFile(process.argv[2], "utf8"));
const provider = new Provider(`http://localhost:${settings.port}`, {
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: [settings.redirectUri],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  pkce: { required: () => true },
  cookies: { keys: ["a key of tests"] },
  async findAccount(_context, id) {
    const people = JSON.parse(await readFile(settings.people, "utf8"));
    return id in people ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined;
  },
});
provider.listen(settings.port, "127.0.0.1", () => console.log("listening"));
