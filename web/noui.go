//go:build noui

package web

import "embed"

var files embed.FS
