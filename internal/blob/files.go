package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/sweepd/sweepd/internal/fault"
)

// Files is a Store in a folder. It never leaves the folder, whatever links lie
// in it: every access goes through an os.Root.
type Files struct {
	root *os.Root
	desk *desk
}

var _ Store = (*Files)(nil)

// OpenFiles gives the store in dir, which it makes if need be (0700), and
// clears what processes that are gone left unfinished there. Several may share a
// folder. The caller closes it.
func OpenFiles(dir string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Invalidf("the folder for files cannot be made").At(dir).Because(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Invalidf("the folder for files cannot be opened").At(dir).Because(err)
	}
	d, err := takeDesk(root)
	if err == nil {
		return &Files{root, d}, nil
	}
	err = errors.Join(err, root.Close())
	return nil, fault.Invalidf("the folder for files cannot be written to").At(dir).Because(err)
}

// Dir is the folder.
func (f *Files) Dir() string { return f.root.Name() }

// Close closes the folder; objects that are open stay so.
func (f *Files) Close() error { return errors.Join(f.desk.leave(f.root), f.root.Close()) }

// Put writes into a file of its own first and renames it when all of it is on
// disk.
func (f *Files) Put(ctx context.Context, key string, r io.Reader) (Info, error) {
	key, err := object(key)
	if err != nil {
		return Info{}, err
	}
	temp := path.Join(f.desk.dir, rand.Text())
	size, err := f.write(temp, &reader{ctx, r})
	if err == nil {
		err = f.place(temp, key)
	}
	if err != nil {
		_ = f.root.Remove(temp) // what is left is cleared at the next start
		return Info{}, explain(key, err)
	}
	st, err := f.root.Stat(key)
	if err != nil {
		return Info{}, explain(key, err)
	}
	return Info{Key: key, Size: size, Modified: st.ModTime()}, nil
}

func (f *Files) write(name string, r io.Reader) (int64, error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(file, r)
	if err == nil {
		err = file.Sync()
	}
	return n, errors.Join(err, file.Close())
}

// place renames temp to key and makes the rename last.
func (f *Files) place(temp, key string) error {
	dir := path.Dir(key)
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := f.root.Rename(temp, key); err != nil {
		return err
	}
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens a regular file.
func (f *Files) Open(_ context.Context, key string) (Object, error) {
	key, err := object(key)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(key)
	if err != nil {
		return nil, explain(key, err)
	}
	st, err := file.Stat()
	if err != nil || !st.Mode().IsRegular() {
		file.Close()
		return nil, fault.NotFoundf("no file at %s", key)
	}
	return &openFile{file, Info{Key: key, Size: st.Size(), Modified: st.ModTime()}}, nil
}

type openFile struct {
	*os.File
	info Info
}

func (o *openFile) Info() Info { return o.info }

// List reads a folder. A file has nothing below it.
func (f *Files) List(_ context.Context, key string) ([]Info, error) {
	key, err := Clean(key)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(f.root.FS(), cmpDot(key))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(key, err)
	}
	var out []Info
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || strings.HasPrefix(e.Name(), reserved) {
			continue
		}
		if err != nil {
			return nil, explain(key, err)
		}
		switch {
		case info.IsDir():
			out = append(out, Info{Key: path.Join(key, e.Name()), Folder: true})
		case info.Mode().IsRegular():
			out = append(out, Info{Key: path.Join(key, e.Name()), Size: info.Size(), Modified: info.ModTime()})
		}
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// Delete removes a file or a folder with all in it.
func (f *Files) Delete(_ context.Context, key string) error {
	key, err := object(key)
	if err != nil {
		return err
	}
	if err := f.root.RemoveAll(key); err != nil && !errors.Is(err, syscall.ENOTDIR) {
		return explain(key, err)
	}
	return nil
}

// object is Clean for a key that must name something.
func object(key string) (string, error) {
	key, err := Clean(key)
	if err == nil && key == "" {
		err = fault.Invalidf("the path of an object is empty")
	}
	return key, err
}

func cmpDot(key string) string {
	if key == "" {
		return "."
	}
	return key
}

// explain makes a fault of what the file system said.
func explain(key string, err error) error {
	switch {
	case fault.Of(err) != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fault.NotFoundf("no file at %s", key)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTEMPTY):
		return fault.Conflictf("%s is a file and a folder at once", key).Fix("choose another name, or delete the one that is there").Because(err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.Unavailablef("no space left for %s", key).Because(err)
	}
	return fault.Newf(fault.Internal, "file %s", key).Because(err)
}

// reader stops at the end of its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
