#!/usr/bin/env python3
"""grow.py FROM TO: makes users, secrets and images with the numbers FROM to TO - 1.

The environment is that of services-stand's stand.env. One connection a service; any answer but 201
ends it.
"""
import http.client
import json
import os
import sys
import urllib.parse

FIRST, LAST = int(sys.argv[1]), int(sys.argv[2])
COLLECTIONS = [
    (os.environ["AUTH_URL"] + "/users", os.environ["TOKEN_ADMIN"],
     lambda name: {"user": {"name": name}}),
    (os.environ["URL_KEY_MANAGER"] + "/v1/secrets", os.environ["TOKEN_OWNER"],
     lambda name: {"name": name, "payload": "x", "payload_content_type": "text/plain"}),
    (os.environ["URL_IMAGE"] + "/v2/images", os.environ["TOKEN_OWNER"],
     lambda name: {"name": name, "disk_format": "raw", "container_format": "bare"}),
]

for url, token, body in COLLECTIONS:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    head = {"X-Auth-Token": token, "Content-Type": "application/json"}
    for number in range(FIRST, LAST):
        connection.request("POST", parts.path, json.dumps(body(f"bench-{number}")), head)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            sys.exit(f"grow: POST {parts.path}: {answer.status} {text[:300]!r}")
