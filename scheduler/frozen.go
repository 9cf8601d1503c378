package scheduler

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// sweepFile reads a file that the sweep names relative to its directory: out of
// the frozen code where it is packed, else out of the directory itself, which
// only a server on the same disk sees.
func (a Assembly) sweepFile(ctx context.Context, sweep trials.Sweep, st spec.Stage, name string) ([]byte, error) {
	if !filepath.IsAbs(name) && sweep.Code != "" {
		data, err := a.packed(ctx, sweep.Code, path.Clean(filepath.ToSlash(name)))
		if err == nil || !fault.Is(err, fault.NotFound) {
			return data, err
		}
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(st.Workdir.Path, name)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Invalidf("%s is neither in the frozen directory nor on this server", name).Coded("file_missing").
			Fix("put it beside the sweep file, and take it out of .gitignore and .sweepdignore")
	}
	if err != nil {
		return nil, fault.Invalidf("%s cannot be read", name).Because(err)
	}
	return data, nil
}

// packed reads one file out of a frozen directory. O(archive).
func (a Assembly) packed(ctx context.Context, digest, name string) ([]byte, error) {
	o, err := a.Blobs.Open(ctx, trials.CodeKey(digest))
	if err != nil {
		return nil, err
	}
	defer o.Close()
	zip, err := gzip.NewReader(o)
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(zip); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, fault.NotFoundf("%s is not in the frozen directory", name)
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg || path.Clean(h.Name) != name {
			continue
		}
		if most := a.most(); h.Size > most {
			return nil, fault.Invalidf("%s has %d bytes, more than %d", name, h.Size, most).Coded("too_large")
		}
		return io.ReadAll(files)
	}
}
