#!/bin/sh
# github.com/yuin/gopher-lua v1.1.2: `a, b = b, a + b` of two locals sets a before it computes a + b, so that it
# doubles where Lua gives Fibonacci's numbers. Output seen: 512 1024. Every Lua of PUC prints 89 144.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > go.mod <<'EOF'
module finding

go 1.26.0

require github.com/yuin/gopher-lua v1.1.2
EOF
cat > main.go <<'EOF'
package main

import lua "github.com/yuin/gopher-lua"

func main() {
	state := lua.NewState()
	defer state.Close()
	if err := state.DoString("local a, b = 1, 1 for i = 1, 10 do a, b = b, a + b end print(a, b)"); err != nil {
		panic(err)
	}
}
EOF
go mod tidy >/dev/null 2>&1
output=$(go run .)
echo "$output"
test "$output" = "$(printf "512\t1024")"
