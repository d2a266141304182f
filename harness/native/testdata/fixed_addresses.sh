#!/bin/sh
# Runs a libtsan process without address randomisation, where the machine allows that: libtsan does not start under strong
# randomisation (toolchain.md). The front end does the same for cfgtorture-tsan.
if setarch -R true 2>/dev/null; then exec setarch -R "$@"; fi
exec "$@"
