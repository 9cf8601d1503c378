// Package pyjson reads JSON as Python's json module writes it, which has NaN and
// infinities where JSON has no number for them.
package pyjson

import "regexp"

// bare finds them outside quotes, where a value begins.
var bare = regexp.MustCompile(`([:\[,]\s*)(NaN|-?Infinity)(\s*[,}\]])`)

// Quoted is the text with them as strings: "NaN", "Infinity", "-Infinity".
func Quoted(text []byte) []byte { return bare.ReplaceAll(text, []byte(`$1"$2"$3`)) }

// Null is the text with null in their place.
func Null(text []byte) []byte { return bare.ReplaceAll(text, []byte(`${1}null$3`)) }
