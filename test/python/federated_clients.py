"""Uses tokens of outside issuers at a running service with a common Python client: Authlib.

Reads a JSON object from standard input: `origin` (the URL of the service), `audience`, `assertion` (the token of a
workload), `user_assertion` (about a user), `client_id` and `client_secret` (of the client that may present it), and the
issuer with which Authlib itself signs: `issuer`, `subject`, `private_key` (PEM, ES256) and `key_id`. For each way it
prints one line of JSON: `way`, the fields of the token response, and whether introspection found the token active.
"""

import json
import os
import sys

# Without it, Authlib refuses http://; the service under test has no TLS.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.common.urls import add_params_to_qs
from authlib.integrations.requests_client import AssertionSession, OAuth2Session

given = json.load(sys.stdin)
TOKEN, INTROSPECT = (given["origin"] + "/oauth2/" + name for name in ("token", "introspect"))
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "logs:write"


def report(way, token, active=None):
    print(json.dumps({"way": way, "token_type": token["token_type"], "scope": token["scope"], "active": active}))


def federated(_client, _method, uri, headers, body):
    """Client authentication with the token of the platform (RFC 7523 section 2.2)."""
    body = add_params_to_qs(body or "", [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", given["assertion"]),
    ])
    return uri, {**headers, "Content-Length": str(len(body))}, body


session = OAuth2Session(
    None, None, scope=SCOPE, token_endpoint_auth_method="federated", revocation_endpoint_auth_method="federated"
)
session.register_client_auth_method(("federated", federated))
token = session.fetch_token(TOKEN, grant_type="client_credentials")
active = session.introspect_token(INTROSPECT, token["access_token"]).json()["active"]
report("client assertion", token, active)

session = OAuth2Session(given["client_id"], given["client_secret"], scope=SCOPE)
token = session.fetch_token(TOKEN, grant_type=JWT_BEARER, assertion=given["user_assertion"])
active = session.introspect_token(INTROSPECT, token["access_token"]).json()["active"]
report("jwt-bearer for a user", token, active)

# Authlib signs the assertion of a workload itself, and sends it without client authentication.
session = AssertionSession(
    TOKEN,
    issuer=given["issuer"],
    subject=given["subject"],
    audience=given["audience"],
    grant_type=JWT_BEARER,
    scope=SCOPE,
    key=given["private_key"],
    header={"alg": "ES256", "kid": given["key_id"]},
)
report("workload grant", session.refresh_token())
