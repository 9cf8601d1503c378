// Package wire is the native API's contract as Go: types and the echo server
// generated from openapi.yaml, and the conversions between them and the nouns.
// JSON tags live here and nowhere else.
package wire

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config oapi.yaml ../openapi.yaml
