"""Verifies tokens as a service in Python would: by PyJWT, and PyJWKClient with its cache as it comes.

Takes the address of the key set. Reads one JSON object a line, `token`, `issuer`, `audience` and `algorithm`, and answers each with a
line: `claims`, or the `error`.
"""

import json
import sys

import jwt

client = jwt.PyJWKClient(sys.argv[1])
# PyJWT knows no clock but the machine's own, and the service of a test has another.
OPTIONS = {"verify_exp": False, "verify_iat": False}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        key = client.get_signing_key_from_jwt(asked["token"]).key
        answer = {"claims": jwt.decode(
            asked["token"], key, algorithms=[asked["algorithm"]], audience=asked["audience"],
            issuer=asked["issuer"], options=OPTIONS,
        )}
    except jwt.PyJWTError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
