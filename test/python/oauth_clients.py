"""Uses the OAuth routes of a running service by the stock clients of Python: Authlib and requests-oauthlib.

Reads one JSON object from standard input: `origin` (where the service listens), `issuer`, `client_id`, `client_secret`
and `private_key` (PEM, ES256). Prints one JSON object a line: `client`, `method`, what was granted, and what
introspection said of the token before and after it was revoked.
"""

import json
import os
import sys

# Both libraries refuse http:// otherwise; the service of a test listens on the loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

told = json.load(sys.stdin)
ID, SECRET, KEY = told["client_id"], told["client_secret"], told["private_key"]
TOKEN, INTROSPECT, REVOKE = (told["origin"] + "/oauth2/" + name for name in ("token", "introspect", "revoke"))
SCOPE = "logs:write"


def report(client, method, token, before, revoked, after):
    print(json.dumps({
        "client": client,
        "method": method,
        "token_type": token["token_type"],
        "expires_in": token["expires_in"],
        "scope": token["scope"],
        "active": before.json()["active"],
        "revoked": revoked.status_code,
        "after": after.json(),
    }), flush=True)


def methods(name):
    """Authlib uses Basic for introspection and revocation unless it is told otherwise, whatever the token endpoint has."""
    return {"token_endpoint_auth_method": name, "revocation_endpoint_auth_method": name}


def authlib(method, session):
    token = session.fetch_token(TOKEN, grant_type="client_credentials", scope=SCOPE)
    ask = lambda: session.introspect_token(INTROSPECT, token["access_token"], token_type_hint="access_token")
    before = ask()
    revoked = session.revoke_token(REVOKE, token["access_token"])
    report("Authlib", method, token, before, revoked, ask())


def requests_oauthlib(method, **credentials):
    session = OAuth2Session(client=BackendApplicationClient(client_id=ID, scope=SCOPE))
    token = session.fetch_token(TOKEN, **credentials)
    # This library has neither introspection nor revocation: a plain request does.
    basic = HTTPBasicAuth(ID, SECRET)
    ask = lambda: requests.post(INTROSPECT, data={"token": token["access_token"]}, auth=basic)
    before = ask()
    revoked = requests.post(REVOKE, data={"token": token["access_token"]}, auth=basic)
    report("requests-oauthlib", method, token, before, revoked, ask())


for method in ("client_secret_basic", "client_secret_post"):
    authlib(method, AuthlibSession(ID, SECRET, **methods(method)))

# Authlib takes the address of the request for the audience unless it is told another one.
signed = PrivateKeyJWT(told["issuer"] + "/oauth2/token", alg="ES256")
session = AuthlibSession(ID, KEY, **methods("private_key_jwt"))
session.register_client_auth_method(signed)
authlib("private_key_jwt", session)

requests_oauthlib("client_secret_basic", auth=HTTPBasicAuth(ID, SECRET))
requests_oauthlib("client_secret_post", client_secret=SECRET, include_client_id=True)
