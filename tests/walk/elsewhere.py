"""What `pages.py` must know of single commands: which it cannot run and why,
which end with another exit code than 0, and what to put in the place of names
that only an example has."""

# Commands that are not run, by a regular expression for their beginning, each
# with the reason.
NOT_HERE = {
    r"cargo build --release$": "`tests/run` builds the program without optimisation",
    r"cargo test |INSTA_UPDATE=|WALKS?(_SEED)?=": "the step `test` of `tests/run` is all of them",
    r"tests/run|SOAK_SECONDS=": "this runs in `tests/run`",
    r"benches/run": "takes minutes; `docs/performance.md` has what it measured",
    r"packaging/build|CC_aarch64": "compiles; `tests/program/packaging` packs with the same script",
    r"sha256sum |tar xf ": "needs the files of a release; `tests/program/packaging` reads them",
    r"podman |aws ecr get-login-password": "needs a registry; the step `image` builds the image",
    r"aws ecr create-repository|registry=": "a registry is not simulated",
    r"aws cloudformation deploy": "not simulated; the step `templates` checks the template",
    r"install |systemctl |echo AWS_REGION": "changes the machine; see the step `systemd`",
    r"watch -n 5 ": "ends only when it is stopped; `run.py` makes the same call",
}

# What these commands, by a part of them, exit with instead of 0. A release that
# fails exits with 1.
EXIT_CODES = {
    "--scene alarm": 1,
    "--scene superseded": 1,
    "--break 500": 1,
    # The deployment that the command before has stopped.
    "continue d-A1B2C3D4E": 1,
}

# Names in pages, and what the account or the machine has in their place.
IN_PLACE_OF = {
    "cargo run -- ": "bluegreen-worker ",
    "d-A1B2C3D4E": "$DEPLOYMENT",
    "/etc/bluegreen-worker.toml": "bluegreen-worker.toml",
    "s3://bucket/prefix": "s3://$BUCKET/journal",
}
