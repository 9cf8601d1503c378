// Package web is the page, built from the TypeScript beside it and embedded, and
// the handler that serves it. It knows nothing of what the page shows: the page
// talks to the API as any other client does.
//
// The build tag noui leaves the page out. Without the tag the folder dist is
// embedded as it is: empty on a fresh clone, full after make build.
package web

import (
	"io/fs"
)

// FS holds the built page: index.html, assets/ with hashed names. It is empty
// when the page was not built.
func FS() fs.FS {
	sub, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path, by fs.ValidPath
	}
	return sub
}
