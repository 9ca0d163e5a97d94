#!/usr/bin/env bash
# The real Pulumi CLI + engine, its YAML language host and our SDK generator, from the modules pinned in go.mod/go.sum: build.sh [OUT]
# Needs Go >= 1.26 and the Go module proxy (first time); no C compiler, no root.  Without -X ...Version `pulumi version` prints nothing.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-bin}
version=$(go list -m -f '{{.Version}}' github.com/pulumi/pulumi/pkg/v3)
mkdir -p "$out"
CGO_ENABLED=0 go build -v -trimpath -buildvcs=false -o "$out/" \
    -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" tool ./gensdk
install -m 755 host/* "$out/"       # beside the CLI they count as bundled: no "using ... from $PATH" warning
