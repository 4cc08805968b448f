"""Calls the OAuth routes of a running service with two common Python clients: Authlib and requests-oauthlib.

Reads a JSON object from standard input: `origin` (the URL of the service), `issuer`, `client_id`, `client_secret` and
`private_key` (PEM, ES256). For each client and authentication method it prints one line of JSON: `client`, `method`,
the fields of the token response, the status of the revocation, and what introspection returned before and after it.
"""

import json
import os
import sys

# Without these, both libraries refuse http://; the service under test has no TLS.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

given = json.load(sys.stdin)
ID, SECRET, KEY = given["client_id"], given["client_secret"], given["private_key"]
TOKEN, INTROSPECT, REVOKE = (given["origin"] + "/oauth2/" + name for name in ("token", "introspect", "revoke"))
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
    """Sets both: for introspection and revocation Authlib uses Basic by default, whatever the token endpoint uses."""
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
    # This library supports neither introspection nor revocation, so plain requests do both.
    basic = HTTPBasicAuth(ID, SECRET)
    ask = lambda: requests.post(INTROSPECT, data={"token": token["access_token"]}, auth=basic)
    before = ask()
    revoked = requests.post(REVOKE, data={"token": token["access_token"]}, auth=basic)
    report("requests-oauthlib", method, token, before, revoked, ask())


for method in ("client_secret_basic", "client_secret_post"):
    authlib(method, AuthlibSession(ID, SECRET, **methods(method)))

# By default, Authlib uses the URL of the request as the audience.
signed = PrivateKeyJWT(given["issuer"] + "/oauth2/token", alg="ES256")
session = AuthlibSession(ID, KEY, **methods("private_key_jwt"))
session.register_client_auth_method(signed)
authlib("private_key_jwt", session)

requests_oauthlib("client_secret_basic", auth=HTTPBasicAuth(ID, SECRET))
requests_oauthlib("client_secret_post", client_secret=SECRET, include_client_id=True)
