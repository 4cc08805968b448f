"""Makes pyjwt-tokens.json, beside this file, with PyJWT: tokens as the other services of the system mint them.

    apt-get install python3-jwt && /usr/bin/python3 test/data/pyjwt-tokens.py

The times are fixed, so that a second run writes the same file. A test verifies each token at the time `at`.
"""

import json
import pathlib

import jwt

SECRET = "a secret that two services share, written in UTF-8: Grüße, 東京, 0123456789-0123456789"
START = 1767225600  # 2026-01-01T00:00:00Z
AUDIENCE = "logging-service"
CLAIMS = {
    "iss": "identity-backend",
    "sub": "user-42",
    "aud": AUDIENCE,
    "iat": START,
    "exp": START + 900,
}


def case(name, code, algorithm="HS256", at=START, headers=None, without=(), secret=SECRET, **claims):
    """One token; `code` is what /verify says of it for the audience."""
    payload = {**CLAIMS, **claims}
    for member in without:
        del payload[member]
    token = jwt.encode(payload, secret, algorithm=algorithm, headers=headers)
    return {"name": name, "at": at, "code": code, "token": token, "claims": payload}


CASES = [
    case("signed with HS256", "valid"),
    case("signed with HS384", "valid", algorithm="HS384"),
    case("signed with HS512", "valid", algorithm="HS512"),
    case("with a kid that the service does not know", "valid", headers={"kid": "key-of-another-service"}),
    case("without typ", "valid", headers={"typ": None}),
    case("with a list as aud", "valid", aud=["billing-service", AUDIENCE]),
    case("with a sub beyond ASCII", "valid", sub="José 東京 😀"),
    case("with further claims", "valid", roles=["reader", "writer"], tenant={"id": 7, "name": "Ä"}, ratio=0.5, ok=None),
    case("without iat, sub and jti", "valid", without=("iat", "sub")),
    case("with fractions of a second", "valid", iat=START - 0.5, exp=START + 0.5),
    case("in the last second of its life", "valid", at=START + 899),
    case("at the second in which it expires", "token_expired", at=START + 900),
    case("long expired", "token_expired", iat=START - 7200, exp=START - 3600),
    case("with an nbf in the future", "token_not_yet_valid", nbf=START + 60),
    case("at the second of its nbf", "valid", nbf=START + 60, at=START + 60),
    case("without exp", "malformed_token", without=("exp",)),
    case("without iss", "invalid_issuer", without=("iss",)),
    case("of another issuer", "invalid_issuer", iss="another-issuer"),
    case("without aud", "invalid_audience", without=("aud",)),
    case("for another audience", "invalid_audience", aud="billing-service"),
    case("signed with another secret", "invalid_signature", secret="another secret of at least thirty-two bytes"),
    case("not signed", "malformed_token", algorithm="none", secret=None),
]

if __name__ == "__main__":
    made = {"source": f"PyJWT {jwt.__version__}, by pyjwt-tokens.py", "secret": SECRET, "audience": AUDIENCE, "tokens": CASES}
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
