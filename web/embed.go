//go:build !noui

package web

import "embed"

//go:embed all:dist
var files embed.FS
