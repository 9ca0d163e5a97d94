// gensdk SCHEMA.json OUT LANG...: writes the package's SDKs (python, nodejs, go) without any language host.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gensdk:", err)
		os.Exit(1)
	}
}

func main() {
	raw, err := os.ReadFile(os.Args[1])
	check(err)
	for _, lang := range os.Args[3:] {
		var spec schema.PackageSpec
		check(json.Unmarshal(raw, &spec))
		pkg, diags, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
		check(err)
		if diags.HasErrors() {
			check(diags)
		}
		var files map[string][]byte
		switch lang {
		case "python":
			files, err = python.GeneratePackage("gensdk", pkg, nil, nil)
		case "nodejs":
			files, err = nodejs.GeneratePackage("gensdk", pkg, nil, nil, true, nil) // compiles itself on npm install
		case "go":
			files, err = gogen.GeneratePackage("gensdk", pkg, nil)
		default:
			err = fmt.Errorf("no generator for %q", lang)
		}
		check(err)
		for name, text := range files {
			path := filepath.Join(os.Args[2], lang, name)
			check(os.MkdirAll(filepath.Dir(path), 0o755))
			check(os.WriteFile(path, text, 0o644))
		}
		fmt.Println(lang, len(files), "files")
	}
}
