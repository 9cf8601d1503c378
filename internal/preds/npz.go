package preds

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// readNpz reads the arrays of a zip archive: the matrix under the first of
// names, or the only array that is neither ids nor classes.
func readNpz(name string, r io.ReaderAt, size int64, lim Limits, names []string) (*table, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fault.Invalidf("this is no npz archive, or only a part of one").At(name).Coded("truncated").Because(err).
			Fix("write it under another name and rename it when it is complete")
	}
	arrays := map[string]*zip.File{}
	var others []string
	for _, f := range archive.File {
		key := strings.TrimSuffix(f.Name, ".npy")
		if _, twice := arrays[key]; twice {
			return nil, fault.Invalidf("the array %q is there twice", key).At(name).Coded("npz_arrays")
		}
		arrays[key] = f
		if key != "ids" && key != "classes" {
			others = append(others, key)
		}
	}
	key, err := pick(name, others, names)
	if err != nil {
		return nil, err
	}
	t, err := entry(name, arrays[key], lim, readNpy)
	if err == nil && arrays["ids"] != nil {
		t.ids, err = entry(name, arrays["ids"], lim, readLabels)
	}
	if err == nil && arrays["classes"] != nil {
		t.classes, err = entry(name, arrays["classes"], lim, readLabels)
	}
	return t, err
}

// pick chooses the array to read among those an archive has.
func pick(name string, have, names []string) (string, error) {
	for _, n := range names {
		if slices.Contains(have, n) {
			return n, nil
		}
	}
	switch len(have) {
	case 1:
		return have[0], nil
	case 0:
		return "", fault.Invalidf("the archive holds no array beside ids").At(name).Coded("npz_arrays").Fix("write one called %s", names[0])
	}
	slices.Sort(have)
	return "", fault.Invalidf("the archive holds %d arrays: %s", len(have), strings.Join(have[:min(len(have), 8)], ", ")).
		At(name).Coded("npz_arrays").Fix("call the one that is meant %s", names[0])
}

// entry reads one array of an archive.
func entry[T any](name string, f *zip.File, lim Limits, read func(string, io.Reader, int64, Limits) (T, error)) (T, error) {
	var none T
	r, err := f.Open()
	if err != nil {
		return none, fault.Invalidf("the array %q cannot be opened", f.Name).At(name).Coded("npz_arrays").Because(err)
	}
	defer r.Close()
	place := fmt.Sprintf("%s in %s", f.Name, name)
	v, err := read(place, r, int64(min(f.UncompressedSize64, 1<<62)), lim)
	if err == nil {
		// The checksum is looked at when the end is reached.
		_, err = io.CopyN(io.Discard, r, 1)
		if err == io.EOF {
			err = nil
		}
	}
	if err != nil && fault.Of(err) == nil {
		err = fault.Invalidf("the array cannot be read").At(place).Coded("truncated").Because(err)
	}
	return v, err
}
