"""Runs a snippet of docs/receive-tokens.md: defines claims_of by it, and asks it about each token of standard input."""

import json
import sys

import jwt

told = json.load(sys.stdin)
snippet = {}
exec(told["snippet"], snippet)
outcomes = []
for token in told["tokens"]:
    try:
        outcomes.append({"claims": snippet["claims_of"](token)})
    except jwt.PyJWTError as error:
        outcomes.append({"refused": type(error).__name__})
json.dump(outcomes, sys.stdout)
