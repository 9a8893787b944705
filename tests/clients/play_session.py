"""Plays a session: what a person types into the real `openstack` client, and what it answers.

Every command runs in a process of its own, forked from this one, which has the client's modules
loaded: that is the unmodified client without a second of start-up.
"""

import os
import re
import shlex
import sys
import tempfile

# What the client would load for every command.
import openstack  # noqa: F401
import openstackclient.shell
from openstack import config

PROMPT = re.compile(r"^([a-z]+)\$ (.*)$")
# Who is no entry of clouds.yaml and says all of it in the command, with $auth_url.
NOBODY = "nobody"
# What stands for a text that differs from run to run; <uuid:name> also keeps it as $name.
KINDS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "hex": r"[0-9a-f]+",
    "number": r"[0-9]+",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
    "url": r"http://127\.0\.0\.1:[0-9]+",
    "any": r".*?",
}
PLACEHOLDER = re.compile(r"<(%s)(?::([a-z_]+))?>" % "|".join(KINDS))


class Step:
    def __init__(self, line, persona, command):
        self.line, self.persona, self.command = line, persona, command
        self.expected = []
        self.code = 0


def read_session(path):
    steps = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            prompt = PROMPT.match(line)
            if prompt:
                steps.append(Step(number, *prompt.groups()))
            elif not line.strip() or (not steps and line.startswith("#")):
                continue
            elif not steps:
                sys.exit("%s:%d: before the first prompt there are only comments" % (path, number))
            elif line.startswith("#"):
                continue
            elif steps[-1].command.endswith("\\"):
                steps[-1].command = steps[-1].command[:-1] + line.strip()
            elif re.fullmatch(r"\[exit [0-9]+\]", line):
                steps[-1].code = int(line[6:-1])
            else:
                steps[-1].expected.append(line)
    if not steps:
        sys.exit("%s: no command is in it" % path)
    return steps


def run(step, known):
    """The output, both streams as a terminal would show them, and the exit code."""
    command = re.sub(r"\$([a-z_]+)", lambda name: known.get(name.group(1), name.group(0)),
                     step.command)
    words = shlex.split(command)
    if words[0] != "openstack":
        return "only openstack is known here\n", 127
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.environ.pop("OS_CLOUD", None)
            if step.persona != NOBODY:
                os.environ["OS_CLOUD"] = step.persona
            code = 70
            try:
                code = openstackclient.shell.main(words[1:]) or 0
            except SystemExit as end:  # as Python itself would end
                if isinstance(end.code, str):
                    print(end.code, file=sys.stderr)
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        output.seek(0)
        return output.read().decode(errors="replace"), os.waitstatus_to_exitcode(status)


def pattern(line, known):
    text, at = "", 0
    for placeholder in PLACEHOLDER.finditer(line):
        text += re.escape(line[at:placeholder.start()])
        kind, name = placeholder.groups()
        text += "(?P<%s>%s)" % (name, KINDS[kind]) if name else KINDS[kind]
        at = placeholder.end()
    text += re.escape(line[at:])
    for name, value in known.items():
        text = text.replace(re.escape("$" + name), re.escape(value))
    return re.compile(text)


def fits(expected, actual, known):
    """Whether the lines fit; what was found for names goes into `known`."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(fits(expected[1:], actual[skip:], known) for skip in range(len(actual) + 1))
    if not actual:
        return False
    match = pattern(expected[0], known).fullmatch(actual[0].rstrip())
    if not match:
        return False
    known.update(match.groupdict())
    return fits(expected[1:], actual[1:], known)


def main(path):
    known = {"auth_url": config.OpenStackConfig().get_one(cloud="admin").auth["auth_url"]}
    failures = 0
    for step in read_session(path):
        output, code = run(step, known)
        actual = [line for line in output.splitlines() if line.strip()]
        if code != step.code or not fits(step.expected, actual, known):
            failures += 1
            print("%s:%d: %s$ %s" % (path, step.line, step.persona, step.command))
            print("  expected, exit %d:" % step.code)
            print("".join("    %s\n" % line for line in step.expected), end="")
            print("  got, exit %d:" % code)
            print("".join("    %s\n" % line for line in actual), end="", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1])
