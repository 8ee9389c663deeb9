// A real identity provider (身份认证平台) for tests: npm's oidc-provider, any name signs in. Arguments: port, redirect address.
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { client_id: "jiedao", client_secret: "only-for-tests", redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"] },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email"] },
  // The provider's own id is not our account's name: what joins them is the claim.
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id.replace("id-of-", "") }) }),
  conformIdTokenClaims: false,
  pkce: { required: () => true },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
