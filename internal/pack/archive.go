package pack

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/klauspost/compress/gzip"

	"github.com/sweepd/sweepd/internal/fault"
)

// Pack writes the directory as a gzipped tar and gives the digest and the
// entries. Each file is read once, so that digest and archive agree even when
// files change meanwhile.
func Pack(w io.Writer, dir string) (digest string, entries []Entry, err error) {
	listed, err := List(dir)
	if err != nil {
		return "", nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	defer root.Close()
	zip, err := gzip.NewWriterLevel(w, gzip.DefaultCompression)
	if err != nil {
		return "", nil, err
	}
	out, l := tar.NewWriter(zip), newListing()
	for _, e := range listed {
		content := []byte(e.Link)
		if e.Link == "" {
			if content, err = root.ReadFile(filepath.FromSlash(e.Path)); err != nil {
				return "", nil, fmt.Errorf("pack %s: %w", dir, err)
			}
		}
		e.Size = int64(len(content))
		sum := sha256.Sum256(content)
		l.add(e, sum[:])
		entries = append(entries, e)
		if err := addTo(out, e, content); err != nil {
			return "", nil, fmt.Errorf("pack %s: %w", e.Path, err)
		}
	}
	if err := errors.Join(out.Close(), zip.Close()); err != nil {
		return "", nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	return l.digest(), entries, nil
}

func addTo(out *tar.Writer, e Entry, content []byte) error {
	h := &tar.Header{Name: e.Path, Mode: int64(e.Mode), Typeflag: tar.TypeReg, Size: e.Size}
	if e.Link != "" {
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, e.Link, 0
		return out.WriteHeader(h)
	}
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	_, err := out.Write(content)
	return err
}

// listing is the canonical text of a pack, as its digest is made of it.
type listing struct{ sum hash.Hash }

func newListing() listing { return listing{sha256.New()} }

func (l listing) add(e Entry, content []byte) {
	fmt.Fprintf(l.sum, "%04o %d %x %s\n", uint32(e.Mode), e.Size, content, e.Path)
}

func (l listing) digest() string { return hex.EncodeToString(l.sum.Sum(nil)) }

// Unpack reads a pack into a new directory dir, which appears, whole and
// read-only, once the digest is right; when it is there already nothing is read.
// An archive that is damaged, is another's, or leads out of dir is
// fault.Invalid; a full disk is fault.Unavailable.
func Unpack(r io.Reader, dir, digest string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-*")
	if err != nil {
		return fmt.Errorf("unpack a pack: %w", err)
	}
	defer Remove(part) //nolint:errcheck // it is there no more, as a rule
	if err := os.Chmod(part, 0o755); err != nil {
		return fmt.Errorf("unpack a pack: %w", err)
	}
	got, err := unpackInto(r, part)
	if err != nil {
		return err
	}
	if got != digest {
		return fault.Invalidf("the pack has digest %s instead of %s", got, digest).Coded("digest_mismatch").Fix("pack the directory again")
	}
	if err := freeze(part); err != nil {
		return fmt.Errorf("make a pack read-only: %w", err)
	}
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(dir); there != nil {
			return fmt.Errorf("unpack a pack: %w", err)
		}
	}
	return nil
}

// Verify reads a pack without keeping it and gives its digest.
func Verify(r io.Reader) (string, error) {
	return each(r, func(Entry, io.Reader) error { return nil })
}

func unpackInto(r io.Reader, dir string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("unpack a pack: %w", err)
	}
	defer root.Close()
	return each(r, func(e Entry, content io.Reader) error {
		name := filepath.FromSlash(e.Path)
		if parent := filepath.Dir(name); parent != "." {
			if err := root.MkdirAll(parent, 0o755); err != nil {
				return err
			}
		}
		if e.Link != "" {
			return root.Symlink(e.Link, name)
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, e.Mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	})
}

// each reads the entries of a pack in order and gives the digest.
func each(r io.Reader, do func(Entry, io.Reader) error) (string, error) {
	broken := func(err error) error {
		return fault.Invalidf("the pack cannot be read").Coded("bad_pack").Because(err)
	}
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return "", broken(err)
	}
	in, l, total, before := tar.NewReader(zip), newListing(), int64(0), ""
	for {
		h, err := in.Next()
		if err == io.EOF {
			return l.digest(), nil
		}
		if err != nil {
			return "", broken(err)
		}
		e, err := entry(h)
		if err != nil {
			return "", err
		}
		if e.Path <= before {
			return "", fault.Invalidf("%s is out of order in the pack", e.Path).Coded("bad_pack")
		}
		before = e.Path
		if total += e.Size; total > Limit {
			return "", fault.Invalidf("the pack holds more than %d MiB", Limit>>20).Coded("code_too_large").Fix("leave large files out in .sweepdignore")
		}
		sum := sha256.New()
		content := io.TeeReader(io.Reader(in), sum)
		if e.Link != "" {
			content = io.TeeReader(strings.NewReader(e.Link), sum)
		}
		if err := do(e, content); machine(err) {
			return "", fault.Unavailablef("no room or no right to unpack %s", e.Path).Because(err)
		} else if err != nil {
			return "", fault.Invalidf("%s cannot be unpacked", e.Path).Coded("bad_pack").Because(err)
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return "", broken(err)
		}
		l.add(e, sum.Sum(nil))
	}
}

// machine tells whether an error is this machine's and not the pack's: the same
// pack may be unpacked later, or elsewhere.
func machine(err error) bool {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EFBIG} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

func entry(h *tar.Header) (Entry, error) {
	e := Entry{Path: h.Name, Mode: fs.FileMode(h.Mode) & 0o777, Size: h.Size}
	switch {
	case !filepath.IsLocal(h.Name) || path.Clean(h.Name) != h.Name:
		return e, fault.Invalidf("the pack holds %q, which leads out of it", h.Name).Coded("bad_pack")
	case h.Typeflag == tar.TypeSymlink && inside(h.Name, h.Linkname):
		e.Link, e.Size = h.Linkname, int64(len(h.Linkname))
	case h.Typeflag == tar.TypeReg && (e.Mode == 0o644 || e.Mode == 0o755):
	default:
		return e, fault.Invalidf("the pack holds %q, which is neither a plain file nor a link inside it", h.Name).Coded("bad_pack")
	}
	return e, nil
}

// freeze takes the right to write from everything below dir.
func freeze(dir string) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if p == dir {
			return nil // it is still to be renamed
		}
		return os.Chmod(p, info.Mode().Perm()&^0o222)
	})
}

// Remove removes a tree that may be read-only, such as an unpacked pack.
func Remove(dir string) error {
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { //nolint:errcheck // what stays is removed with its folder
		if err == nil && d.IsDir() {
			os.Chmod(p, 0o755) //nolint:errcheck // as above
		}
		return nil
	})
	return os.RemoveAll(dir)
}
